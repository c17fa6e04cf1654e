import type { LanguageTexts } from "./texts.ts";

/** What people read who read Portuguese, as it is spoken in Brazil. */
export const portuguese: LanguageTexts = {
  frame: {
    signs: { done: "Tudo certo", note: "Aviso", stopped: "Não concluído", waiting: "Aguarde" },
    next: "E agora?",
    provider: "Plataforma",
    label: "Conta",
    account: "Identificação",
    proceed: "Continuar",
    lookAgain: "Ver o resultado",
    reference: "Código de referência",
    referenceUse: "Se precisar de ajuda, informe este código.",
  },
  pages: {
    authorized: {
      title: "Conta conectada",
      text: "A conexão com o {provider} está pronta. Sua senha não foi compartilhada com ninguém.",
      next: "Você não precisa fazer mais nada e pode fechar esta página. Se um dia quiser desconectar a conta, fale com quem enviou o link.",
    },
    declined: {
      title: "Autorização recusada",
      text: "Você não autorizou o acesso à conta do {provider}. Nada foi conectado e nada mudou.",
      next: "Se era isso mesmo que você queria, pode fechar esta página. Se mudou de ideia, abra de novo o link que recebeu.",
    },
    under_way: {
      title: "Conectando…",
      text: "Estamos concluindo a conexão com o {provider}. Costuma levar poucos segundos.",
      next: "Espere um instante e veja o resultado pelo botão abaixo.",
    },
    wrong_account: {
      title: "Conta diferente",
      text: "A conta do {provider} que você autorizou não é a que já estava conectada. Por segurança, nada mudou.",
      next: "Abra de novo o link que recebeu e escolha a conta certa. Se a ideia é mesmo trocar de conta, peça outro link a quem enviou este.",
    },
    code_rejected: {
      title: "Não foi possível conectar",
      text: "O {provider} não aceitou a autorização. Nada mudou na conexão.",
      next: "Abra de novo o link que recebeu e autorize mais uma vez. Se o erro se repetir, avise quem enviou o link.",
    },
    provider_unavailable: {
      title: "O {provider} não respondeu",
      text: "Por isso, a conexão não pôde ser concluída. Você não fez nada de errado.",
      next: "Espere alguns minutos e abra de novo o link que recebeu.",
    },
    revoked: {
      title: "Convite cancelado",
      text: "Esta conta foi desconectada depois que o link foi criado. Por isso, o link deixou de valer.",
      next: "Se quiser conectar a conta de novo, peça um novo link a quem enviou este.",
    },
    not_completed: {
      title: "A autorização não foi concluída",
      text: "Algo deu errado do nosso lado, e a conta não foi conectada. Você não fez nada de errado.",
      next: "Abra de novo o link que recebeu. Se o erro se repetir, avise quem enviou o link.",
    },
    ticket_spent: {
      title: "Link já utilizado",
      text: "Este link já foi usado para conectar uma conta do {provider}, e cada link serve uma vez só.",
      next: "Se foi você quem conectou, está tudo certo: pode fechar esta página. Se precisar conectar de novo, peça um novo link a quem enviou este.",
    },
    ticket_expired: {
      title: "Link expirado",
      text: "Por segurança, o link para conectar uma conta vale por tempo limitado, e o prazo deste já passou.",
      next: "Peça um novo link a quem enviou este.",
    },
    ticket_unknown: {
      title: "Link desconhecido",
      text: "Não encontramos este link. Talvez ele tenha sido copiado pela metade ou já seja antigo demais.",
      next: "Confira se o link foi copiado por inteiro. Se ainda assim não funcionar, peça um novo a quem o enviou.",
    },
    too_many: {
      title: "Muitas tentativas",
      text: "Este link foi aberto muitas vezes em pouco tempo. Por segurança, ele está em pausa.",
      next: "Espere dez minutos e abra o link de novo. Ele não foi cancelado.",
    },
    state_unknown: {
      title: "Autorização desconhecida",
      text: "Esta autorização não começou aqui, ou terminou há muito tempo. Nada mudou.",
      next: "Para conectar a conta, abra de novo o link que recebeu.",
    },
    state_expired: {
      title: "A autorização demorou demais",
      text: "Já se passaram mais de dez minutos desde que você abriu o link. Por segurança, nada foi conectado.",
      next: "Abra de novo o link que recebeu e autorize em seguida.",
    },
    other_browser: {
      title: "Outro navegador",
      text: "A autorização começou em outro navegador, ou este navegador está bloqueando cookies. Por segurança, nada foi conectado.",
      next: "Abra de novo o link que recebeu e autorize no mesmo navegador, do começo ao fim. No celular, abra o link direto no navegador, e não dentro de outro aplicativo.",
    },
    malformed: {
      title: "Endereço incompleto",
      text: "Falta um pedaço deste endereço, ou há algo a mais nele. Nada foi conectado.",
      next: "Abra de novo o link que recebeu e confira se ele está inteiro.",
    },
    install: {
      title: "Falta um passo",
      text: "Você começou a instalação pela loja de aplicativos do {provider}, e ainda não sabemos a que sistema a conta deve ser conectada. Por enquanto, nada foi conectado.",
      next: "Entre no sistema que você quer conectar ao {provider} e comece a conexão por lá.",
    },
    install_declined: {
      title: "Autorização recusada",
      text: "Você não autorizou o acesso à conta do {provider}. Nada foi conectado e nada mudou.",
      next: "Se era isso mesmo que você queria, pode fechar esta página. Se mudou de ideia, entre no sistema que você quer conectar ao {provider} e comece a conexão por lá.",
    },
    result_unknown: {
      title: "Resultado não encontrado",
      text: "Não há resultado neste endereço. Resultados ficam disponíveis por 24 horas.",
      next: "Se quiser saber se a conta está conectada, pergunte a quem enviou o link.",
    },
    provider_unknown: {
      title: "Página não encontrada",
      text: "Não há nada neste endereço.",
      next: "Confira se o link foi copiado por inteiro. Se ainda assim não funcionar, peça um novo a quem o enviou.",
    },
    busy: {
      title: "Só um instante",
      text: "Esta conta está sendo desconectada agora mesmo. A nova conexão pode ser feita logo em seguida.",
      next: "Espere alguns segundos e recarregue a página.",
    },
    not_ready: {
      title: "Ainda não é possível conectar",
      text: "Falta um ajuste do nosso lado para que contas possam ser conectadas. Você não fez nada de errado.",
      next: "Avise quem enviou o link e informe o código de referência. Depois do ajuste, abra o link de novo.",
    },
    internal_error: {
      title: "Algo deu errado do nosso lado",
      text: "Tivemos um problema, e nada se perdeu. Você não fez nada de errado.",
      next: "Espere um instante e recarregue a página. Se o erro se repetir, abra de novo o link que recebeu.",
    },
  },
};
