import { render } from "preact";

const host = document.createElement("div");
document.body.append(host);
render(<p>Switchboard</p>, host.attachShadow({ mode: "open" }));
