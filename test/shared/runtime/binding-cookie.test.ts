import { describe, expect, it } from "vitest";
import { readBinding, writeBinding } from "../../../shared/runtime/binding-cookie.ts";
import { sampleCall } from "./sample-event.ts";

const http = "http://127.0.0.1:8788";
const https = "https://broker.example";

describe("the binding cookie", () => {
  it.each([
    [http, "chaveiro=b", ["HttpOnly", "Max-Age=600", "Path=/", "SameSite=Lax"]],
    // `__Host-` wants Secure, Path=/ and no Domain.
    [https, "__Host-chaveiro=b", ["HttpOnly", "Max-Age=600", "Path=/", "SameSite=Lax", "Secure"]],
  ])("at %s has exactly these attributes", (publicUrl, pair, attributes) => {
    const [first, ...others] = writeBinding("b", publicUrl).split("; ");
    expect(first).toBe(pair);
    expect(others.sort()).toEqual(attributes);
  });

  it.each([
    ["alone", http, ["chaveiro=b"], "b"],
    ["among others", http, ["a=1", "chaveiro=b", "z=2"], "b"],
    ["with an equals sign", http, ["chaveiro=b=c"], "b=c"],
    ["over https", https, ["__Host-chaveiro=b"], "b"],
    ["not there", http, [], undefined],
    ["with a name that ends like it", http, ["xchaveiro=b"], undefined],
    ["with a name that begins like it", http, ["chaveiro2=b"], undefined],
    // Any page on a sibling domain can set the plain one.
    ["plain over https", https, ["chaveiro=b"], undefined],
    ["plain before the other", https, ["chaveiro=forged", "__Host-chaveiro=b"], "b"],
    ["in other letters", https, ["__host-chaveiro=b"], undefined],
  ] as const)("%s", (_, publicUrl, cookies, expected) => {
    expect(readBinding(sampleCall({ cookies: [...cookies] }), publicUrl)).toBe(expected);
  });
});
