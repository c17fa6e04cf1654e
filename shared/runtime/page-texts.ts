export type Language = "pt" | "en";

export type PageText = { readonly title: string; readonly text: string };

export type PageKey = keyof typeof pageTexts;

/** Everything that a browser is told, in both languages. `{account}` and `{provider}` are filled in. */
export const pageTexts = {
  authorized: {
    pt: {
      title: "Conta conectada",
      text: "A conta {account} está conectada ao {provider}. Você já pode fechar esta página.",
    },
    en: {
      title: "Account connected",
      text: "The account {account} is connected to {provider}. You can close this page.",
    },
  },
  declined: {
    pt: {
      title: "Autorização recusada",
      text: "Nada foi conectado e nada mudou. Para conectar, abra o link que você recebeu mais uma vez.",
    },
    en: {
      title: "Authorization declined",
      text: "Nothing was connected and nothing has changed. To connect, open the link you were given once more.",
    },
  },
  under_way: {
    pt: { title: "Conectando…", text: "A autorização está sendo concluída. Esta página se atualiza sozinha." },
    en: { title: "Connecting…", text: "The authorization is being completed. This page updates itself." },
  },
  wrong_account: {
    pt: {
      title: "Conta diferente",
      text: "Você autorizou uma conta do {provider} diferente da que está conectada. Nada mudou. Abra o link mais uma vez e escolha a conta certa.",
    },
    en: {
      title: "Another account",
      text: "You authorized a {provider} account other than the one that is connected. Nothing has changed. Open the link once more and choose the right account.",
    },
  },
  code_rejected: {
    pt: {
      title: "Não foi possível conectar",
      text: "O {provider} não aceitou a autorização. Abra o link que você recebeu mais uma vez; se o erro se repetir, avise quem o enviou.",
    },
    en: {
      title: "Could not connect",
      text: "{provider} did not accept the authorization. Open the link you were given once more; if this happens again, tell whoever sent it.",
    },
  },
  provider_unavailable: {
    pt: {
      title: "O {provider} não respondeu",
      text: "A autorização não pôde ser concluída agora. Abra o link que você recebeu mais uma vez em alguns minutos.",
    },
    en: {
      title: "{provider} did not answer",
      text: "The authorization could not be completed now. Open the link you were given once more in a few minutes.",
    },
  },
  revoked: {
    pt: {
      title: "Convite cancelado",
      text: "Esta conta foi desconectada depois que o link foi criado. Peça um novo link a quem o enviou.",
    },
    en: {
      title: "Invitation withdrawn",
      text: "This account was disconnected after the link had been made. Ask whoever sent it for a new link.",
    },
  },
  ticket_spent: {
    pt: {
      title: "Link já utilizado",
      text: "Uma conta já foi conectada com este link. Se precisar conectar de novo, peça um novo link.",
    },
    en: {
      title: "Link already used",
      text: "An account was already connected with this link. If you need to connect again, ask for a new link.",
    },
  },
  ticket_expired: {
    pt: { title: "Link expirado", text: "Este link não vale mais. Peça um novo link a quem o enviou." },
    en: { title: "Link expired", text: "This link is no longer valid. Ask whoever sent it for a new link." },
  },
  ticket_unknown: {
    pt: {
      title: "Link desconhecido",
      text: "Este link não existe. Confira se ele foi copiado por inteiro ou peça um novo link.",
    },
    en: {
      title: "Unknown link",
      text: "There is no such link. Check that it was copied in full, or ask for a new one.",
    },
  },
  too_many: {
    pt: {
      title: "Muitas tentativas",
      text: "Este link foi aberto muitas vezes em pouco tempo. Espere dez minutos e abra-o mais uma vez.",
    },
    en: {
      title: "Too many attempts",
      text: "This link was opened many times in a short while. Wait ten minutes and open it once more.",
    },
  },
  state_unknown: {
    pt: {
      title: "Autorização desconhecida",
      text: "Esta autorização não começou aqui ou já terminou. Abra o link que você recebeu mais uma vez.",
    },
    en: {
      title: "Unknown authorization",
      text: "This authorization did not start here, or is long over. Open the link you were given once more.",
    },
  },
  state_expired: {
    pt: {
      title: "A autorização demorou demais",
      text: "Passaram mais de dez minutos. Nada foi conectado; abra o link que você recebeu mais uma vez.",
    },
    en: {
      title: "The authorization took too long",
      text: "More than ten minutes have passed. Nothing was connected; open the link you were given once more.",
    },
  },
  other_browser: {
    pt: {
      title: "Outro navegador",
      text: "A autorização começou em outro navegador, ou os cookies estão bloqueados. Nada foi conectado; abra o link e autorize no mesmo navegador.",
    },
    en: {
      title: "Another browser",
      text: "The authorization started in another browser, or cookies are blocked. Nothing was connected; open the link and authorize in the same browser.",
    },
  },
  malformed: {
    pt: {
      title: "Endereço incompleto",
      text: "Falta algo neste endereço, ou ele contém algo a mais. Nada foi conectado; abra o link que você recebeu mais uma vez.",
    },
    en: {
      title: "Incomplete address",
      text: "Something is missing from this address, or there is too much of it. Nothing was connected; open the link you were given once more.",
    },
  },
  install: {
    pt: {
      title: "Falta um passo",
      text: "A instalação começou na loja de aplicativos, e ainda não sabemos para quem. Entre no sistema que você quer conectar e inicie a conexão com o {provider} por lá.",
    },
    en: {
      title: "One more step",
      text: "The installation began in the app store, and we do not know yet whom it is for. Sign in to the system you want to connect and start the connection with {provider} there.",
    },
  },
  result_unknown: {
    pt: { title: "Resultado não encontrado", text: "Este resultado não existe ou tem mais de 24 horas." },
    en: { title: "Result not found", text: "There is no such result, or it is more than 24 hours old." },
  },
  provider_unknown: {
    pt: { title: "Página não encontrada", text: "Este endereço não pertence a nenhum sistema que conhecemos." },
    en: { title: "Page not found", text: "This address belongs to no system that we know." },
  },
  not_completed: {
    pt: {
      title: "A autorização não foi concluída",
      text: "Algo deu errado do nosso lado, e nada foi conectado. Abra o link que você recebeu mais uma vez.",
    },
    en: {
      title: "The authorization was not completed",
      text: "Something went wrong on our side, and nothing was connected. Open the link you were given once more.",
    },
  },
  internal_error: {
    pt: {
      title: "Algo deu errado do nosso lado",
      text: "Nada se perdeu. Recarregue a página em alguns instantes; se o erro se repetir, abra o link que você recebeu mais uma vez.",
    },
    en: {
      title: "Something went wrong on our side",
      text: "Nothing is lost. Reload the page in a moment; if this happens again, open the link you were given once more.",
    },
  },
} as const satisfies Record<string, Record<Language, PageText>>;

/** What frames the text of a page. */
export const frameTexts = {
  pt: { reference: "Referência", proceed: "Continuar" },
  en: { reference: "Reference", proceed: "Continue" },
} as const satisfies Record<Language, object>;
