/** The whole look of the sandbox's pages; nothing is loaded from anywhere. */
export const approvalPageStyle = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;min-height:100vh;background:#eef2f6;color:#16283c;
 font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.sandbox{margin:0;padding:.6rem 1rem;background:#ffd75e;color:#3d2e00;font-size:.875rem;text-align:center;text-wrap:balance}
main{max-width:27rem;margin:0 auto;padding:1.25rem 1rem 2rem}
.card{background:#fff;border:1px solid #d9e1e9;border-radius:14px;overflow:hidden;box-shadow:0 8px 28px rgba(16,40,64,.08)}
header{padding:1.1rem 1.25rem;background:#0b2f4a;color:#fff;font-weight:700;font-size:1.15rem;letter-spacing:-.01em}
header span{display:inline-block;width:.7rem;height:.7rem;margin-right:.55rem;border-radius:50%;background:#1cc5d1}
.body{padding:1.25rem}
h1{margin:0 0 .35rem;font-size:1.3rem;line-height:1.3;letter-spacing:-.01em}
p{margin:0 0 1rem;color:#4b5f73}
fieldset{margin:0 0 1.1rem;padding:0;border:0}
legend{margin-bottom:.5rem;padding:0;font-weight:600}
.accounts{display:grid;gap:.5rem;max-height:22rem;overflow-y:auto;margin:-3px;padding:3px}
label{display:flex;align-items:center;gap:.75rem;min-height:56px;padding:.5rem .8rem;border:1px solid #ccd6e0;
 border-radius:10px;cursor:pointer}
label:hover{border-color:#0c8793}
label:has(:checked){border-color:#0c8793;background:#eefafb;box-shadow:inset 0 0 0 1px #0c8793}
label:focus-within{outline:3px solid #9adfe5;outline-offset:1px}
input[type=radio]{flex:none;width:1.15rem;height:1.15rem;margin:0;accent-color:#0c8793}
.initial{flex:none;display:grid;place-items:center;width:2.1rem;height:2.1rem;border-radius:50%;background:#dceff1;
 color:#0a5f68;font-weight:700}
.name{overflow-wrap:anywhere;font-weight:500}
.allowed{margin:0 0 .15rem;font-size:.925rem}
ul{margin:0 0 1.25rem;padding:0;list-style:none;color:#4b5f73;font-size:.925rem}
li{padding:.15rem 0 .15rem 1.6rem;position:relative}
li::before{content:"✓";position:absolute;left:.3rem;color:#0c8793;font-weight:700}
.buttons{display:grid;gap:.6rem}
button{min-height:48px;padding:0 1rem;border-radius:10px;border:1px solid transparent;font:inherit;font-weight:600;cursor:pointer}
button:focus-visible{outline:3px solid #9adfe5;outline-offset:2px}
.authorize{background:#0b7a86;color:#fff}
.authorize:hover{background:#096670}
.cancel{background:#fff;border-color:#ccd6e0;color:#33475b}
.cancel:hover{background:#f4f7fa}
footer{padding:.9rem 1.25rem;border-top:1px solid #e6ecf1;background:#fafcfd;color:#5a6d80;font-size:.85rem;
 overflow-wrap:anywhere}
@media (min-width:32rem){main{padding-top:3.5rem}.buttons{grid-template-columns:1fr 2fr}.authorize{order:2}}
`;
