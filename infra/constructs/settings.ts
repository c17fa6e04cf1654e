/** Settings of the functions that a deployment may change, as the documentation of the providers describes them. */
export type FunctionSettings = {
  readonly RD_STATION_CRM_AUTHORIZATION_PAGE?: string;
  readonly ITFLEX_TOKEN_PATH?: string;
  readonly CUSTOMER_PORTS?: string;
  readonly CUSTOMER_AUTHORITIES?: string;
  readonly LOG_LEVEL?: "DEBUG" | "INFO" | "WARN" | "ERROR";
};
