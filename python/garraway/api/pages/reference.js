// The reference page: /openapi.json shown, and each operation to be tried. No library, nothing from elsewhere.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];

function made(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function resolved(schema, components) {
  const name = schema.$ref?.split("/").pop();
  return name === undefined ? schema : components.schemas[name];
}

function example(schema, components, depth = 0) {
  const found = resolved(schema, components);
  if (found.examples?.length) return found.examples[0];
  if (found.default !== undefined) return found.default;
  if (found.enum) return found.enum[0];
  const choice = found.anyOf?.find((one) => one.type !== "null") ?? found.allOf?.[0];
  if (choice) return example(choice, components, depth + 1);
  if (found.type === "object" && depth < 4) {
    const wanted = (found.required ?? []).map((name) => [name, example(found.properties[name], components, depth + 1)]);
    return Object.fromEntries(wanted);
  }
  return { integer: 1, number: 1, boolean: false, array: [], string: "" }[found.type] ?? null;
}

function parameterTable(parameters, inputs) {
  const rows = parameters.map((one) => {
    const input = made("input", { placeholder: one.schema.default ?? "", required: one.required });
    inputs.push([one, input]);
    return made("tr", {},
      made("td", {}, made("code", { textContent: one.name }), one.required ? " *" : ""),
      made("td", {}, one.in),
      made("td", {}, input),
      made("td", {}, one.description ?? ""));
  });
  return made("table", {}, ...rows);
}

function request(path, method, inputs, body) {
  let target = path;
  const query = new URLSearchParams();
  for (const [one, input] of inputs) {
    if (one.in === "path") target = target.replace(`{${one.name}}`, encodeURIComponent(input.value));
    else if (input.value !== "") query.set(one.name, input.value);
  }
  const headers = {};
  const token = document.getElementById("token").value;
  if (token) headers.authorization = `Bearer ${token}`;
  if (body !== null) headers["content-type"] = "application/json";
  const text = query.size ? `${target}?${query}` : target;
  return fetch(text, { method: method.toUpperCase(), headers, body: body?.value });
}

function tryOut(path, method, operation, components) {
  const inputs = [];
  const parts = [];
  if (operation.parameters?.length) parts.push(parameterTable(operation.parameters, inputs));
  const content = operation.requestBody?.content?.["application/json"];
  const body = content ? made("textarea", { spellcheck: false }) : null;
  if (body) {
    body.value = JSON.stringify(example(content.schema, components), null, 2);
    parts.push(made("p", {}, "Body"), body);
  }
  const answer = made("pre");
  const send = made("button", { type: "button", textContent: "Send" });
  send.addEventListener("click", async () => {
    try {
      const reply = await request(path, method, inputs, body);
      const text = await reply.text();
      answer.textContent = `${reply.status} ${reply.headers.get("x-correlation-id") ?? ""}\n${pretty(text)}`;
    } catch (error) {
      answer.textContent = String(error);
    }
  });
  return [...parts, send, answer];
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function responseTable(operation) {
  const rows = Object.entries(operation.responses).map(([status, one]) =>
    made("tr", {}, made("td", {}, made("code", { textContent: status })), made("td", {}, one.description)));
  return made("table", {}, ...rows);
}

function shown(path, method, operation, components) {
  const head = made("summary", {},
    made("span", { className: "method", textContent: method.toUpperCase() }),
    made("code", { textContent: path }),
    ` ${operation.summary ?? ""}`,
    made("span", { className: "permission", textContent: operation["x-permission"] ?? "" }));
  const details = made("details", {}, head);
  details.dataset.words = `${method} ${path} ${operation.summary ?? ""} ${operation["x-permission"]}`.toLowerCase();
  details.addEventListener("toggle", () => {
    if (details.childElementCount > 1) return;
    details.append(made("p", { textContent: operation.description ?? "" }), responseTable(operation),
      ...tryOut(path, method, operation, components));
  });
  return details;
}

async function start() {
  const described = await (await fetch("/openapi.json")).json();
  document.getElementById("about").textContent = described.info.description;
  const groups = new Map();
  for (const [path, operations] of Object.entries(described.paths)) {
    for (const method of METHODS.filter((one) => one in operations)) {
      const operation = operations[method];
      const tag = operation.tags?.[0] ?? "other";
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(shown(path, method, operation, described.components));
    }
  }
  const main = document.getElementById("operations");
  for (const [tag, all] of groups) main.append(made("h2", { textContent: tag }), ...all);
  document.getElementById("filter").addEventListener("input", (event) => {
    const words = event.target.value.toLowerCase().split(/\s+/);
    for (const one of main.querySelectorAll("details")) {
      one.hidden = !words.every((word) => one.dataset.words.includes(word));
    }
  });
}

start();
