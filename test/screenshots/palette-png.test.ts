import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium, noChromium } from "../support/chromium.ts";
import { pngSize, withPalette } from "./palette-png.ts";

if (noChromium !== undefined) console.warn(noChromium);

let browser: Browser;
beforeAll(async () => {
  if (noChromium === undefined) browser = await launchChromium();
}, 150_000);
afterAll(() => browser?.close(), 30_000);

async function screenshotOf(html: string): Promise<Buffer> {
  const tab = await browser.newPage({ viewport: { width: 301, height: 97 } });
  await tab.setContent(`<style>body { margin: 0 }</style>${html}`);
  const png = await tab.screenshot();
  await tab.close();
  return png;
}

/** By how much the pixels of a picture differ from those before, at most, as a browser reads both. */
async function largestDifference(png: Buffer): Promise<number> {
  const tab = await browser.newPage();
  const pictures = JSON.stringify([png, withPalette(png)].map((picture) => picture.toString("base64")));
  const difference = await tab.evaluate<number>(`(async () => {
    const [before, after] = await Promise.all(${pictures}.map(async (picture) => {
      const image = new Image();
      image.src = "data:image/png;base64," + picture;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
      canvas.drawImage(image, 0, 0);
      return canvas.getImageData(0, 0, image.width, image.height).data;
    }));
    return before.reduce((most, value, index) => Math.max(most, Math.abs(value - after[index])), 0);
  })()`);
  await tab.close();
  return difference;
}

describe.skipIf(noChromium !== undefined)("a screenshot with a palette", { timeout: 60_000 }, () => {
  it("is the same picture, where it has few colours", async () => {
    const stripes = Array.from(
      { length: 90 },
      (_, row) => `<hr style="border: 1px solid hsl(${row * 4} 80% 50%); margin: 0 ${row}px">`,
    );
    const png = await screenshotOf(stripes.join(""));
    expect(await largestDifference(png)).toBe(0);
    expect(pngSize(withPalette(png))).toEqual({ width: 301, height: 97 });
  });

  it("differs by little where it has more colours than a palette", async () => {
    const gradient = "background: linear-gradient(90deg, #102030, #f0e0d0)";
    const png = await screenshotOf(`<div style='height: 90px; ${gradient}'></div><p style='color: red'>Olá</p>`);
    expect(await largestDifference(png)).toBeLessThan(16);
  });
});

it("is made of nothing but a PNG", () => {
  expect(() => withPalette(Buffer.from("GIF89a, and something behind it"))).toThrow("no PNG");
});
