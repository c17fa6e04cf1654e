import { type CfnOutput, Stack } from "aws-cdk-lib";
import { EventBus } from "aws-cdk-lib/aws-events";
import { Effect, Grant, type IGrantable, type IPrincipal, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { BrokerAlarms } from "./constructs/broker-alarms.ts";
import { BrokerApi, type CustomDomain } from "./constructs/broker-api.ts";
import { BrokerDashboard } from "./constructs/broker-dashboard.ts";
import { BrokerFunction } from "./constructs/broker-function.ts";
import { brokerOutputs } from "./constructs/broker-outputs.ts";
import { checkedEnvironment } from "./constructs/checked-environment.ts";
import { ClientSecrets } from "./constructs/client-secrets.ts";
import { ConnectionKey } from "./constructs/connection-key.ts";
import { readConnectionPattern } from "./constructs/connection-pattern.ts";
import { ConnectionTable } from "./constructs/connection-table.ts";
import { opensTokenSets, permit, secretArn } from "./constructs/function-permissions.ts";
import { requireOwnPolicies, successful } from "./constructs/grantee.ts";
import { type ProviderName, providerNames, providers } from "./constructs/providers.ts";
import { type FunctionName, functionNames, routes } from "./constructs/routes.ts";
import { secretPrefix } from "./constructs/secret-prefix.ts";
import type { FunctionSettings } from "./constructs/settings.ts";
import { mostSchedules, SweepSchedules } from "./constructs/sweep-schedules.ts";

export type TokenBrokerProps = {
  /** Providers to connect accounts at. All unless given. */
  readonly providers?: readonly ProviderName[];
  /** First segment of every secret's name; one broker of an account and Region has it. `chaveiro` unless given. */
  readonly prefix?: string;
  /**
   * Which providers' access tokens are published in Secrets Manager: `false` for none. Those that live for an hour or more
   * are unless said otherwise.
   */
  readonly publish?: false | { readonly [Name in ProviderName]?: boolean };
  /** Origins that a `return_to` may have, such as `https://app.example.com`. None unless given. */
  readonly returnToOrigins?: readonly string[];
  /** Where a browser is sent whose installation began in the provider's app store. */
  readonly installUrl?: string;
  /** A host name of your own. Its DNS record is yours to make. */
  readonly domain?: CustomDomain;
  /** Where alarms are told. Without it they are only seen. */
  readonly alarmTopic?: ITopic;
  /** How many schedules share the sweep, 1 to 4. Each makes some 60 refreshes a second. */
  readonly schedules?: number;
  /**
   * Concurrency that is reserved for the function that refreshes, so that nothing else in the account can keep it from
   * sweeping: more than there are schedules, for operators refresh as well; 0 stops the sweeps. None unless given: a new
   * account has none to reserve.
   */
  readonly reservedConcurrency?: number;
  /**
   * For how many days the table can be restored to an earlier time, 1 to 35. For as long, what a revoked connection held is
   * in the backup, and can be decrypted by the broker's roles. 35 unless given.
   */
  readonly recoveryDays?: number;
  /** How long logs are kept. A month unless given. */
  readonly logRetention?: RetentionDays;
  /** What the documentation of the providers calls settings. */
  readonly settings?: FunctionSettings;
};

const twoRoles =
  "A role that manages connections is denied their access tokens, and could otherwise read all of them. Use two roles.";

const oneBroker =
  "Its environment can name one. Grant to its role instead, and set what its client is created with yourself.";

/** Which broker a function's environment names. There can be one. */
const brokerOf = new WeakMap<LambdaFunction, TokenBroker>();

/** An OAuth token broker: the table, the functions, the API and the schedule, and what others have to be allowed to use it. */
export class TokenBroker extends Construct {
  /** Where the API is. */
  readonly url: string;
  readonly prefix: string;
  readonly providers: readonly ProviderName[];
  /** Those whose access tokens are published. */
  readonly published: readonly ProviderName[];
  readonly api: BrokerApi;
  readonly table: ConnectionTable;
  readonly key: ConnectionKey;
  readonly bus: EventBus;
  readonly functions: ReadonlyMap<FunctionName, BrokerFunction>;
  /** What the stack tells: where the API is, what to register where, and the names of the table, the bus and the secrets. */
  readonly outputs: readonly CfnOutput[];
  readonly #readers = new Set<IPrincipal>();
  readonly #managers = new Set<IPrincipal>();

  constructor(scope: Construct, id: string, props: TokenBrokerProps = {}) {
    super(scope, id);
    const { logRetention = RetentionDays.ONE_MONTH, schedules = 1 } = props;
    if (!Number.isInteger(schedules) || schedules < 1 || schedules > mostSchedules) {
      throw new Error(`schedules has to be a whole number from 1 to ${mostSchedules}.`);
    }
    const { reservedConcurrency = 0 } = props;
    if (!Number.isInteger(reservedConcurrency) || reservedConcurrency < 0) {
      throw new Error("reservedConcurrency has to be a whole number, 0 to stop the sweeps.");
    }
    if (reservedConcurrency > 0 && reservedConcurrency <= schedules) {
      throw new Error(
        "reservedConcurrency has to be more than schedules: each keeps one sweep busy, and operators refresh too.",
      );
    }
    this.prefix = secretPrefix(props.prefix ?? "chaveiro");
    const others = Stack.of(this)
      .node.findAll()
      .filter((one) => one instanceof TokenBroker && one !== this);
    if (others.some((one) => (one as TokenBroker).prefix === this.prefix)) {
      throw new Error(
        `There is another broker with the prefix ${this.prefix} in this stack. Give one of them another.`,
      );
    }
    this.providers = props.providers ?? providerNames;
    if (this.providers.length === 0) throw new Error("providers has to name one at least.");
    const unknown = [...this.providers, ...Object.keys(props.publish || {})].find((name) => !(name in providers));
    if (unknown !== undefined) throw new Error(`${unknown} is no provider. There are ${providerNames.join(", ")}.`);
    const { publish = {} } = props;
    this.published = this.providers.filter(
      (name) => publish !== false && (publish[name] ?? providers[name].isPublished),
    );
    this.key = new ConnectionKey(this, "Key");
    this.table = new ConnectionTable(this, "Table", { key: this.key, recoveryDays: props.recoveryDays ?? 35 });
    this.bus = new EventBus(this, "Bus", { description: "What chaveiro tells about its connections" });
    const clients = new ClientSecrets(this, "Clients", {
      prefix: this.prefix,
      providers: this.providers.filter((name) => providers[name].hasClient),
    });
    this.api = new BrokerApi(this, "Api", { domain: props.domain, logRetention });
    this.url = this.api.url;

    const environment = checkedEnvironment(this.#environment(props));
    const resources = { ...this, clientSecretArns: clients.arns };
    this.functions = new Map(
      functionNames.map((name) => {
        const reservedConcurrency = name === "refresh" ? props.reservedConcurrency : undefined;
        const made = new BrokerFunction(this, name, { name, environment, logRetention, reservedConcurrency });
        permit(made.role, name, resources);
        return [name, made];
      }),
    );
    this.key.reserveForRoles(functionNames.filter(opensTokenSets).map((name) => this.#function(name).role.roleArn));
    this.api.addRoutes(this.functions);
    const sweeper = this.#function("refresh");
    new SweepSchedules(this, "Schedules", { sweeper, schedules });
    const { accessLog } = this.api;
    const { alarms } = new BrokerAlarms(this, "Alarms", {
      ...this,
      accessLog,
      schedules,
      topic: props.alarmTopic,
    });
    new BrokerDashboard(this, "Dashboard", { ...this, alarms, sweeper });
    const callbackUrls = this.providers.flatMap((name) => {
      const callbackUrl = this.callbackUrl(name);
      return callbackUrl === undefined ? [] : [[name, callbackUrl] as const];
    });
    this.outputs = brokerOutputs(this, { ...this, callbackUrls, domainTarget: this.api.domainTarget });
  }

  /** The URL to register at a provider, or undefined where nobody authorizes in a browser. */
  callbackUrl(provider: ProviderName): string | undefined {
    return providers[provider].isAuthorizedInBrowser ? `${this.url}/auth/${provider}/callback` : undefined;
  }

  /**
   * Lets a function read the current access token of one connection (`rd-station/acme`) or of all connections of a provider
   * (`rd-station/*`), from Secrets Manager and from the broker. A function's environment is set for the consumer client; that
   * of an alias or a version is its function's, which has to be granted itself.
   *
   * @throws Error where the pattern is neither, for whoever manages connections, for a function whose environment names another
   * broker, and for what has no policies of its own, such as an account: make a role that it may assume
   */
  grantAccessToken(consumer: IGrantable, connection: string): Grant {
    const { provider, account } = readConnectionPattern(connection);
    if (!this.providers.includes(provider)) throw new Error(`This broker connects no accounts at ${provider}.`);
    const { grantPrincipal } = consumer;
    requireOwnPolicies(this, grantPrincipal);
    if (this.#managers.has(grantPrincipal)) throw new Error(twoRoles);
    this.#readers.add(grantPrincipal);
    if (consumer instanceof LambdaFunction) {
      const other = brokerOf.get(consumer) ?? this;
      if (other !== this)
        throw new Error(`${consumer.node.path} reads from the broker ${other.node.path}. ${oneBroker}`);
      brokerOf.set(consumer, this);
      consumer.addEnvironment("CHAVEIRO_PREFIX", this.prefix);
      consumer.addEnvironment("CHAVEIRO_URL", this.url);
    }
    // Secrets Manager appends a dash and six characters to a name. With `*` in their place, `acme` would be `acme-2` as well.
    const secrets = Grant.addToPrincipal({
      grantee: consumer,
      actions: ["secretsmanager:GetSecretValue"],
      resourceArns: [secretArn(this, `${this.prefix}/${provider}/${account}-??????`)],
    });
    const broker = Grant.addToPrincipal({
      grantee: consumer,
      actions: ["execute-api:Invoke"],
      resourceArns: this.#arnsFor("consumer", { provider, account }),
    });
    return successful(secrets.combine(broker));
  }

  /**
   * Lets a role connect, list, show, refresh and revoke. It gets no access token by that: a `*` of IAM goes over slashes, so
   * that what lets it show any connection would let it read any access token, and everything below a connection is denied.
   *
   * @throws Error for whoever reads access tokens, and for what has no policies of its own
   */
  grantManage(role: IGrantable): Grant {
    requireOwnPolicies(this, role.grantPrincipal);
    if (this.#readers.has(role.grantPrincipal)) throw new Error(twoRoles);
    this.#managers.add(role.grantPrincipal);
    const deny = new PolicyStatement({
      effect: Effect.DENY,
      actions: ["execute-api:Invoke"],
      resources: [this.api.routeArn({ method: "GET", path: "/v1/connections/{provider}/{account}/{part}" })],
    });
    role.grantPrincipal.addToPrincipalPolicy(deny);
    return successful(
      Grant.addToPrincipal({
        grantee: role,
        actions: ["execute-api:Invoke"],
        resourceArns: this.#arnsFor("operator"),
      }),
    );
  }

  #arnsFor(caller: "operator" | "consumer", parameters: Readonly<Record<string, string>> = {}): string[] {
    return routes.filter((route) => route.caller === caller).map((route) => this.api.routeArn(route, parameters));
  }

  #function(name: FunctionName): BrokerFunction {
    const found = this.functions.get(name);
    if (found === undefined) throw new Error(`There is no function ${name}.`);
    return found;
  }

  #environment(props: TokenBrokerProps): Readonly<Record<string, string>> {
    return {
      TABLE_NAME: this.table.tableName,
      KEY_ID: this.key.keyArn,
      EVENT_BUS_NAME: this.bus.eventBusName,
      PUBLIC_URL: this.url,
      PREFIX: this.prefix,
      PROVIDERS: this.providers.join(","),
      PUBLISH: this.published.join(","),
      RETURN_TO_ORIGINS: (props.returnToOrigins ?? []).join(","),
      INSTALL_URL: props.installUrl ?? "",
      ...props.settings,
    };
  }
}
