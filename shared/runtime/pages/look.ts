/** What a page is about, in one word and one drawing. */
export type Sign = "done" | "note" | "stopped" | "waiting";

/** The whole look of a page: the fonts that the device has, one accent colour, light or dark as its owner likes it. */
export const style = `
:root{color-scheme:light dark;--ground:#f3f5f4;--card:#fff;--ink:#1a2521;--soft:#53605b;--line:#dbe1de;--accent:#10684b;--on-accent:#fff}
@media (prefers-color-scheme:dark){:root{--ground:#101614;--card:#19211e;--ink:#e8eeeb;--soft:#a8b5af;--line:#33403b;--accent:#74d3aa;--on-accent:#0d1a15}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);overflow-wrap:anywhere;
font:1.0625rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:34rem;margin:0 auto;padding:1rem}
article{background:var(--card);border:1px solid var(--line);border-radius:1rem;padding:1.5rem 1.25rem}
.sign{display:flex;align-items:center;gap:.6rem;margin:0 0 1rem;font-weight:600;color:var(--soft)}
.sign svg{flex:none;width:2.5rem;height:2.5rem;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
.disc{fill:currentColor}
.cut{stroke:var(--card)}
.done{color:var(--accent)}
h1{margin:0 0 .5rem;font-size:1.5rem;line-height:1.25;letter-spacing:-.01em;text-wrap:balance}
h2{margin:0 0 .25rem;font-size:1.0625rem}
p{margin:0 0 1.25rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.4rem 1rem;margin:0 0 1.25rem;padding:.85rem 0;border:solid var(--line);border-width:1px 0}
dt{color:var(--soft)}
dd{margin:0;font-weight:600}
section p{margin:0}
.go{display:inline-block;margin:1.25rem 0 0;padding:.7rem 1.4rem;border-radius:.6rem;background:var(--accent);color:var(--on-accent);font-weight:600;text-decoration:none}
.go:hover{text-decoration:underline}
.go:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
footer{padding:1rem 1.25rem 0;color:var(--soft);font-size:.9375rem}
footer p{margin:0}
code{font:600 1em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;color:var(--ink);user-select:all}
@media (max-width:24rem){dl{grid-template-columns:1fr;gap:0}dd+dt{margin-top:.5rem}}
@media (min-width:36rem){main{padding-top:12vh}article{padding:2.25rem 2.25rem 2rem}footer{padding-inline:2.25rem}h1{font-size:1.75rem}}
`;

const drawings: Record<Sign, string> = {
  done: '<circle cx="12" cy="12" r="10" class="disc"/><path d="M7 12.4l3.4 3.4L17.2 9" class="cut"/>',
  note: '<circle cx="12" cy="12" r="10"/><path d="M12 11v6M12 7v.01"/>',
  stopped: '<circle cx="12" cy="12" r="10"/><path d="M12 7v6M12 17v.01"/>',
  waiting: '<circle cx="12" cy="12" r="10"/><path d="M12 6.5V12l3.5 2.5"/>',
};

/** The drawing of a sign. Its word stands beside it, so a screen reader passes over the drawing. */
export function drawing(sign: Sign): string {
  return `<svg viewBox="0 0 24 24" aria-hidden="true">${drawings[sign]}</svg>`;
}
