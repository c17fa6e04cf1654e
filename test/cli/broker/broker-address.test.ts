import { expect, it } from "vitest";
import { readAddress } from "../../../cli/broker/broker-address.ts";

it.each([
  ["http://127.0.0.1:8788/", { url: "http://127.0.0.1:8788", isLocal: true, region: undefined }],
  ["http://[::1]:1", { url: "http://[::1]:1", isLocal: true, region: undefined }],
  ["https://localhost:1", { url: "https://localhost:1", isLocal: false, region: undefined }],
  ["https://broker.example/base/", { url: "https://broker.example/base", isLocal: false, region: undefined }],
  [
    "https://a1b2c3d4e5.execute-api.sa-east-1.amazonaws.com",
    { url: "https://a1b2c3d4e5.execute-api.sa-east-1.amazonaws.com", isLocal: false, region: "sa-east-1" },
  ],
  ["https://x.execute-api.sa-east-1.amazonaws.com.evil.example", expect.objectContaining({ region: undefined })],
])("reads %s", (text, address) => {
  expect(readAddress(text)).toEqual(address);
});

it.each([
  "http://broker.example",
  "http://127.0.0.2",
  "ftp://127.0.0.1",
  "https://a:b@broker.example",
  "https://broker.example/?a=b",
  "127.0.0.1:8788",
])("takes no refresh token to %s", (text) => {
  expect(() => readAddress(text)).toThrow("no address of a broker");
});
