import { describe, expect, test } from "vitest";
import { type Json, unknown } from "../../support/policy-harness";
import { cases, type Props, remediate } from "./cases";
import { judge, pass, unverifiable, violation } from "./rules";

describe("enc-rds-force-tls", () => {
  const id = "enc-rds-force-tls";
  const forced = (family: Json, ...parameters: readonly (readonly [name: Json, value: Json])[]): Props => ({
    family,
    parameters: parameters.map(([name, value]) => ({ name, value })),
  });
  const lacks = (parameter: string) =>
    violation(`parameters: ${parameter} is not on, so clients may connect without TLS`);
  const postgres = lacks("rds.force_ssl");
  const mysql = lacks("require_secure_transport");

  describe.each(["aws:rds/parameterGroup:ParameterGroup", "aws:rds/clusterParameterGroup:ClusterParameterGroup"])(
    "%s",
    (type) => {
      cases(id, type, [
        ["passes PostgreSQL with the parameter", forced("postgres14", ["rds.force_ssl", "1"]), pass],
        ["passes a number", forced("postgres14", ["rds.force_ssl", 1]), pass],
        ["refuses PostgreSQL 14, where it is off by default", forced("postgres14"), postgres],
        ["refuses PostgreSQL 9.6", forced("postgres9.6"), postgres],
        ["passes PostgreSQL 15, where it is on by default", forced("postgres15"), pass],
        ["passes undefined parameters there", { family: "postgres17" }, pass],
        ["refuses PostgreSQL 17 that turns it off", forced("postgres17", ["rds.force_ssl", "0"]), postgres],
        [
          "passes MySQL with ON",
          forced("mysql8.0", ["max_connections", "9"], ["require_secure_transport", "ON"]),
          pass,
        ],
        ["refuses MySQL with OFF", forced("mysql8.0", ["require_secure_transport", "OFF"]), mysql],
        ["refuses MySQL with another parameter on", forced("mysql8.0", ["local_infile", "1"]), mysql],
        ["refuses MySQL without, whatever its version", forced("mysql57.0"), mysql],
        ["refuses undefined parameters", { family: "mariadb10.11" }, mysql],
        ["refuses SQL Server without", forced("sqlserver-se-16.0"), postgres],
        ["passes engines without such a parameter", forced("oracle-ee-19"), pass],
        [
          "cannot judge an unknown value",
          forced("mysql8.0", ["require_secure_transport", unknown]),
          unverifiable("parameters[0].value"),
        ],
        ["cannot judge an unknown name", forced("mysql8.0", [unknown, "1"]), unverifiable("parameters[0].name")],
        ["needs no name when the value would not do", forced("mysql8.0", [unknown, "0"]), mysql],
        ["cannot judge unknown parameters", { family: "mysql8.0", parameters: unknown }, unverifiable("parameters")],
        ["cannot judge an unknown family", forced(unknown), unverifiable("family")],
      ]);
    },
  );

  cases(id, "aws:rds/parameterGroup:ParameterGroup", [
    ["passes the instances of Aurora, whose cluster decides", forced("aurora-postgresql15"), pass],
    ["passes those of Aurora MySQL", forced("aurora-mysql8.0"), pass],
  ]);
  cases(id, "aws:rds/clusterParameterGroup:ClusterParameterGroup", [
    ["refuses Aurora PostgreSQL 16", forced("aurora-postgresql16"), postgres],
    ["passes Aurora PostgreSQL 17", forced("aurora-postgresql17"), pass],
    ["refuses Aurora MySQL", forced("aurora-mysql8.0"), mysql],
    ["passes Aurora MySQL with the parameter", forced("aurora-mysql8.0", ["require_secure_transport", "on"]), pass],
  ]);
});

describe.each(["aws:lb/listener:Listener", "aws:alb/listener:Listener"])("%s", (type) => {
  describe("enc-alb-https", () => {
    const refused = violation("protocol: HTTP is served and not redirected to HTTPS");
    const action = (kind: Json, protocol: Json) => ({ type: kind, redirect: { protocol } });
    const http = (...defaultActions: readonly Json[]): Props => ({ protocol: "HTTP", port: 80, defaultActions });

    cases("enc-alb-https", type, [
      ["passes HTTPS", { ...http({ type: "forward" }), protocol: "HTTPS" }, pass],
      ["passes TCP", { ...http({ type: "forward" }), protocol: "TCP" }, pass],
      ["passes HTTP that redirects to HTTPS", http(action("redirect", "HTTPS")), pass],
      ["refuses HTTP that forwards", http({ type: "forward" }), refused],
      ["refuses HTTP without actions", { protocol: "HTTP" }, refused],
      ["refuses a redirect that keeps the protocol", http({ type: "redirect", redirect: { port: "443" } }), refused],
      ["refuses a redirect to HTTP", http(action("redirect", "HTTP")), refused],
      ["refuses another action with a redirect in it", http(action("forward", "HTTPS")), refused],
      ["passes an undefined protocol without port", { defaultActions: [{ type: "forward" }] }, pass],
      [
        "reads an undefined protocol with a port as HTTP",
        { port: 443, defaultActions: [{ type: "forward" }] },
        refused,
      ],
      ["passes it when it redirects", { port: 80, defaultActions: [action("redirect", "HTTPS")] }, pass],
      ["cannot judge an unknown protocol", { protocol: unknown, defaultActions: [] }, unverifiable("protocol")],
      [
        "needs no protocol when it redirects",
        { protocol: unknown, defaultActions: [action("redirect", "HTTPS")] },
        pass,
      ],
      [
        "cannot judge an unknown target",
        http(action("redirect", unknown)),
        unverifiable("defaultActions[0].redirect.protocol"),
      ],
      ["cannot judge an unknown action", http(action(unknown, "HTTPS")), unverifiable("defaultActions[0].type")],
      ["cannot judge unknown actions", { ...http(), defaultActions: unknown }, unverifiable("defaultActions")],
    ]);
  });

  describe("enc-alb-tls-policy", () => {
    const id = "enc-alb-tls-policy";
    const refused = violation("sslPolicy: clients may use TLS 1.0 or 1.1");
    const https = (sslPolicy: Json): Props => ({ protocol: "HTTPS", sslPolicy });

    test.each([
      "TLS13-1-2-2021-06",
      "TLS13-1-2-Res-2021-06",
      "TLS13-1-3-2021-06",
      "TLS13-1-2-Res-PQ-2025-09",
      "TLS13-1-2-Ext2-FIPS-2023-04",
      "TLS-1-2-2017-01",
      "TLS-1-2-Ext-2018-06",
      "FS-1-2-Res-2020-10",
    ])("passes ELBSecurityPolicy-%s", async (name) => {
      expect(await judge(id, { type, props: https(`ELBSecurityPolicy-${name}`) })).toEqual(pass);
    });

    test.each([
      "ELBSecurityPolicy-2016-08",
      "ELBSecurityPolicy-TLS13-1-0-2021-06",
      "ELBSecurityPolicy-TLS13-1-1-2021-06",
      "ELBSecurityPolicy-TLS-1-1-2017-01",
      "ELBSecurityPolicy-FS-1-1-2019-08",
      "ELBSecurityPolicy-FS-2018-06",
      "ELBSELBSecurityPolicy-TLS13-1-2-2021-06",
      "ELBSecurityPolicy-TLS13-1-2-2021-06-x",
      "ELBSecurityPolicy-TLS13-1-2",
      "",
    ])("refuses %j", async (name) => {
      expect(await judge(id, { type, props: https(name) })).toEqual(refused);
    });

    cases(id, type, [
      ["refuses an undefined policy, whose default is of 2016", { protocol: "HTTPS" }, refused],
      ["refuses it for TLS", { protocol: "TLS" }, refused],
      ["passes HTTP and TCP, which have none", { protocol: "HTTP" }, pass],
      ["passes an undefined protocol, which is HTTP", { port: 443 }, pass],
      ["cannot judge an unknown policy", https(unknown), unverifiable("sslPolicy")],
      ["cannot judge an unknown protocol", { protocol: unknown }, unverifiable("protocol")],
      [
        "needs no protocol when the policy is good",
        { protocol: unknown, sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06" },
        pass,
      ],
    ]);

    test("remediation sets the configured policy and leaves all else alone", async () => {
      const recent = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06";
      const other = "ELBSecurityPolicy-TLS13-1-3-2021-06";
      expect(await remediate(id, type, { protocol: "TLS", arn: unknown })).toEqual({
        protocol: "TLS",
        arn: unknown,
        sslPolicy: recent,
      });
      expect(await remediate(id, type, https("ELBSecurityPolicy-2016-08"), { remedyPolicy: other })).toEqual(
        https(other),
      );
      expect(await remediate(id, type, https(other))).toBeUndefined();
      expect(await remediate(id, type, https(unknown))).toBeUndefined();
      expect(await remediate(id, type, { protocol: "HTTP" })).toBeUndefined();
    });
  });
});

describe.each<[string, string, (securityPolicy: Json) => Props]>([
  ["aws:apigateway/domainName:DomainName", "securityPolicy", (securityPolicy) => ({ securityPolicy })],
  [
    "aws:apigatewayv2/domainName:DomainName",
    "domainNameConfiguration.securityPolicy",
    (securityPolicy) => ({ domainNameConfiguration: { securityPolicy } }),
  ],
])("enc-apigw-domain-tls, %s", (type, path, domain) => {
  const refused = violation(`${path}: clients may use TLS 1.0 or 1.1`);

  cases("enc-apigw-domain-tls", type, [
    ["passes TLS 1.2", domain("TLS_1_2"), pass],
    ["passes the newer policies", domain("SecurityPolicy_TLS13_1_2_2021_06"), pass],
    ["passes those for the edge", domain("SecurityPolicy_TLS12_2018_EDGE"), pass],
    ["refuses TLS 1.0", domain("TLS_1_0"), refused],
    ["refuses what only begins well", domain("TLS_1_2x"), refused],
    ["refuses what only ends well", domain("x_TLS_1_2"), refused],
    ["refuses a newer policy for TLS 1.1", domain("SecurityPolicy_TLS11_2018"), refused],
    ["refuses an undefined policy", {}, refused],
    ["cannot judge an unknown policy", domain(unknown), unverifiable(path)],
  ]);
});

describe("enc-apigw-cache", () => {
  const refused = violation("settings.cacheDataEncrypted: cached responses are not encrypted");
  const methods = (settings: Json): Props => ({ settings });

  cases("enc-apigw-cache", "aws:apigateway/methodSettings:MethodSettings", [
    ["passes an encrypted cache", methods({ cachingEnabled: true, cacheDataEncrypted: true }), pass],
    ["passes without a cache", methods({ cachingEnabled: false }), pass],
    ["passes undefined settings", {}, pass],
    ["refuses a cache in the clear", methods({ cachingEnabled: true, cacheDataEncrypted: false }), refused],
    ["refuses an undefined encryption of a cache", methods({ cachingEnabled: true }), refused],
    [
      "cannot judge an unknown encryption",
      methods({ cachingEnabled: true, cacheDataEncrypted: unknown }),
      unverifiable("settings.cacheDataEncrypted"),
    ],
    ["cannot judge an unknown cache", methods({ cachingEnabled: unknown }), unverifiable("settings.cachingEnabled")],
    ["needs no cache when it is encrypted", methods({ cachingEnabled: unknown, cacheDataEncrypted: true }), pass],
    ["cannot judge unknown settings", methods(unknown), unverifiable("settings")],
  ]);
});

describe("enc-acm-key", () => {
  cases("enc-acm-key", "aws:acm/certificate:Certificate", [
    ["passes an undefined algorithm, whose default is RSA_2048", {}, pass],
    ["passes RSA_2048", { keyAlgorithm: "RSA_2048" }, pass],
    ["passes RSA_4096", { keyAlgorithm: "RSA_4096" }, pass],
    ["passes elliptic curves", { keyAlgorithm: "EC_prime256v1" }, pass],
    ["refuses RSA_1024", { keyAlgorithm: "RSA_1024" }, violation("keyAlgorithm: RSA_1024 keys are too short")],
    ["cannot judge an unknown", { keyAlgorithm: unknown }, unverifiable("keyAlgorithm")],
  ]);
});
