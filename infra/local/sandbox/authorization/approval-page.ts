import { type Answer, htmlAnswer } from "../http/answer.ts";
import { approvalPageStyle } from "./approval-page-style.ts";

const headers = {
  "cache-control": "no-store",
  // No form-action: browsers apply it to the redirect after the form, and that goes to the callback.
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
};

/**
 * The page on which a person picks an account and authorizes or declines. A plain form that posts back to the dialog.
 *
 * @param input.action where the form posts to.
 * @param input.fields what the form carries along unseen.
 * @param input.returnsTo the host that the person goes back to.
 */
export function approvalPage(input: {
  readonly appName: string;
  readonly action: string;
  readonly accounts: readonly string[];
  readonly fields: ReadonlyMap<string, string>;
  readonly returnsTo: string;
}): Answer {
  const app = escaped(input.appName);
  const hidden = [...input.fields].map(
    ([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`,
  );
  const choices = input.accounts.map((account, index) => {
    const name = escaped(account);
    const initial = escaped([...account][0]?.toUpperCase() ?? "");
    return `<label><input type="radio" name="account" value="${name}" required${index === 0 ? " checked" : ""}>
<span class="initial" aria-hidden="true">${initial}</span><span class="name">${name}</span></label>`;
  });
  return page(
    `Autorizar ${app}`,
    `<h1>${app} quer acessar uma conta da RD Station</h1>
<p>Escolha a conta que você quer conectar e confirme.</p>
<form method="post" action="${escaped(input.action)}">
${hidden.join("\n")}
<fieldset><legend>Conta</legend><div class="accounts">
${choices.join("\n")}
</div></fieldset>
<p class="allowed">O aplicativo poderá:</p>
<ul><li>ler os dados da conta</li><li>ler e atualizar contatos</li></ul>
<div class="buttons">
<button class="authorize" name="decision" value="approve">Autorizar</button>
<button class="cancel" name="decision" value="decline" formnovalidate>Cancelar</button>
</div></form>`,
    `Depois, você volta para ${escaped(input.returnsTo)}.`,
  );
}

/** What a person sees who declined, where the provider does not send them back. */
export function declinedPage(appName: string): Answer {
  return page(
    "Autorização cancelada",
    `<h1>Autorização cancelada</h1>
<p>${escaped(appName)} não recebeu acesso a nenhuma conta. Você pode fechar esta página.</p>`,
    "Para conectar uma conta mais tarde, comece de novo no aplicativo.",
  );
}

function page(title: string, body: string, footer: string): Answer {
  const html = `<!doctype html>
<html lang="pt-BR"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title} · RD Station (sandbox)</title><style>${approvalPageStyle}</style></head>
<body><p class="sandbox"><strong>Sandbox.</strong> Esta página só imita a RD Station: nenhuma conta real é usada.</p>
<main><div class="card"><header><span></span>RD Station</header>
<div class="body">${body}</div><footer>${footer}</footer></div></main></body></html>
`;
  return htmlAnswer(200, html, headers);
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
