import { Names, RemovalPolicy, Stack, Token, Validations } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import {
  type CfnStage,
  DomainName,
  HttpApi,
  HttpMethod,
  type HttpRoute,
  HttpStage,
  LogGroupLogDestination,
} from "aws-cdk-lib/aws-apigatewayv2";
import { HttpIamAuthorizer } from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import type { ICertificate } from "aws-cdk-lib/aws-certificatemanager";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { type FunctionName, type Route, routeKey, routes } from "./routes.ts";
import { timeouts } from "./timing.ts";

/** The host name that the API answers under instead of its own, and the certificate for it in the same Region. */
export type CustomDomain = { readonly name: string; readonly certificate: ICertificate };

export type BrokerApiProps = { readonly domain: CustomDomain | undefined; readonly logRetention: RetentionDays };

/** What a line of the access log holds: never a path, which names accounts, nor a query string, which holds codes and tickets. */
const accessLogFields = {
  at: "$context.requestTime",
  request: "$context.requestId",
  route: "$context.routeKey",
  status: "$context.status",
  bytes: "$context.responseLength",
  milliseconds: "$context.responseLatency",
  caller: "$context.identity.userArn",
  error: "$context.integrationErrorMessage",
} as const;

/** As JSON; the status without quotes, so that a metric filter can compare it. */
const accessLogFormat = JSON.stringify(accessLogFields).replace('"$context.status"', "$context.status");

/** The HTTP API with all its routes. Its functions are added afterwards, because their environment has its URL in it. */
export class BrokerApi extends Construct {
  /** What every URL that the broker hands out starts with. */
  readonly url: string;
  readonly accessLog: LogGroup;
  readonly api: HttpApi;
  /** The name that a custom domain has to point to in DNS. */
  readonly domainTarget: string | undefined;
  readonly #stage: HttpStage;

  constructor(scope: Construct, id: string, props: BrokerApiProps) {
    super(scope, id);
    const { domain, logRetention } = props;
    if (domain !== undefined && !isHostName(domain.name)) {
      throw new Error(`The name of domain has to be a host name, such as tokens.example.com; ${domain.name} is none.`);
    }
    this.api = new HttpApi(this, "Api", {
      apiName: Names.uniqueResourceName(this, { maxLength: 128 }),
      description: "chaveiro: the token broker",
      createDefaultStage: false,
      // One door: URLs that are registered at providers begin with one name.
      disableExecuteApiEndpoint: domain !== undefined,
    });
    this.accessLog = new LogGroup(this, "AccessLog", { retention: logRetention, removalPolicy: RemovalPolicy.DESTROY });
    const mapped =
      domain === undefined
        ? undefined
        : new DomainName(this, "DomainName", { domainName: domain.name, certificate: domain.certificate });
    this.domainTarget = mapped?.regionalDomainName;
    this.#stage = new HttpStage(this, "Stage", {
      httpApi: this.api,
      stageName: "$default",
      autoDeploy: true,
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.accessLog),
        format: AccessLogFormat.custom(accessLogFormat),
      },
      ...(mapped === undefined ? {} : { domainMapping: { domainName: mapped } }),
    });
    this.url = domain === undefined ? this.api.apiEndpoint : `https://${domain.name}`;
  }

  /** Adds every route, each with its function behind it. */
  addRoutes(functions: ReadonlyMap<FunctionName, IFunction>): void {
    const added = routes.flatMap((route) => this.#addRoute(route, functions));
    const stage = this.#stage.node.defaultChild as CfnStage;
    stage.routeSettings = Object.fromEntries(
      routes.flatMap((route) => {
        if (typeof route.caller === "string") return [];
        const { rate, burst } = route.caller.anyone;
        return [[routeKey(route), { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst }]];
      }),
    );
    // API Gateway refuses settings of a route that is not there yet.
    for (const route of added) stage.node.addDependency(route);
  }

  #addRoute(route: Route, functions: ReadonlyMap<FunctionName, IFunction>): readonly HttpRoute[] {
    const handler = functions.get(route.function);
    if (handler === undefined) throw new Error(`The route ${routeKey(route)} has no function ${route.function}.`);
    const isForAnyone = typeof route.caller !== "string";
    const added = this.api.addRoutes({
      path: route.path,
      methods: [HttpMethod[route.method]],
      integration: new HttpLambdaIntegration(route.function, handler, { timeout: timeouts.integration }),
      ...(isForAnyone ? {} : { authorizer: new HttpIamAuthorizer() }),
    });
    for (const each of isForAnyone ? added : []) {
      Validations.of(each).acknowledge({
        id: "AwsSolutions-APIG4",
        reason: "Browsers and monitors come here without credentials. What they bring is a ticket, a state or nothing.",
      });
    }
    return added;
  }

  /** The ARN that a caller has to be allowed to invoke for a route, with values or patterns for its path parameters. */
  routeArn(route: Pick<Route, "method" | "path">, parameters: Readonly<Record<string, string>> = {}): string {
    const { partition, region, account } = Stack.of(this);
    const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => parameters[name] ?? "*");
    return `arn:${partition}:execute-api:${region}:${account}:${this.api.apiId}/$default/${route.method}${path}`;
  }
}

/** A name that is only known when it is deployed is taken for one. */
function isHostName(text: string): boolean {
  return Token.isUnresolved(text) || /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+$/i.test(text);
}
