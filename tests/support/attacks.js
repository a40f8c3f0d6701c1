// What a page of another site can try against the UI: each of these launches a run, or reports an asset, in a Dagster
// without a guard (`json` where the page has the UI's own name and port). They return once their request is answered.
const LAUNCH = `mutation { launchRun(executionParams: {
  selector: {repositoryLocationName: "orchestration.definitions", repositoryName: "__repository__", jobName: "monthly_close"}
  runConfigData: "{\\"resources\\":{\\"close\\":{\\"config\\":{\\"force\\":true}}}}"
  executionMetadata: {tags: [{key: "dagster/partition", value: "2026-03"}]}
}) { __typename } }`;

// A type that needs no permission from the server, and that Dagster reads as JSON.
const MENTIONS_JSON = "text/plain; application/json";

const ended = (element, parent) =>
  new Promise((resolve) => {
    element.onload = element.onerror = resolve;
    parent?.append(element);
  });

function form(address) {
  const frame = document.body.appendChild(Object.assign(document.createElement("iframe"), { name: `f${Math.random()}` }));
  const made = Object.assign(document.createElement("form"), { action: address, method: "post", target: frame.name });
  document.body.append(made);
  const answered = ended(frame);
  made.submit();
  return answered;
}

const inAddress = (ui) => `${ui}/graphql?query=${encodeURIComponent(LAUNCH)}`;
const asJson = () => JSON.stringify({ query: LAUNCH });
const post = (address, type, body, mode = "no-cors") =>
  fetch(address, { method: "POST", mode, body, headers: type ? { "Content-Type": type } : {} }).catch(() => {});

window.attacks = {
  image: (ui) => ended(Object.assign(new Image(), { src: inAddress(ui) })),
  script: (ui) => ended(Object.assign(document.createElement("script"), { src: inAddress(ui) }), document.body),
  get: (ui) => fetch(inAddress(ui), { mode: "no-cors" }).catch(() => {}),
  textThatMentionsJson: (ui) => post(`${ui}/graphql`, MENTIONS_JSON, asJson()),
  postInAddress: (ui) => post(inAddress(ui)),
  json: (ui) => post(`${ui}/graphql`, "application/json", asJson(), "cors"),
  beacon: async (ui) => {
    navigator.sendBeacon(`${ui}/graphql`, new Blob([asJson()], { type: MENTIONS_JSON }));
    await post(`${ui}/server_info`);
  },
  form: (ui) => form(inAddress(ui)),
  report: (ui) => post(`${ui}/report_asset_materialization/reported`),
};

// Whether a WebSocket of this page is let in.
window.opensWebSocket = (ui) =>
  new Promise((resolve) => {
    const socket = new WebSocket(`${ui.replace("http", "ws")}/graphql`, "graphql-ws");
    socket.onopen = () => resolve(true);
    socket.onerror = () => resolve(false);
  });

// The name of what an answer to the same mutation is, as the UI's own pages send it.
window.launch = async () => {
  const answer = await fetch("/graphql", { method: "POST", headers: { "Content-Type": "application/json" }, body: asJson() });
  return (await answer.json()).data.launchRun.__typename;
};
