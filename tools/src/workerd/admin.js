// What tests and tools do to a local worker from outside: call its cron handler and inspect its
// stores. Listens on its own loopback port only.
const missing = (text) => new Response(text, { status: 404 });

async function store(request, namespace, key) {
  switch (request.method) {
    case "GET": {
      const value = await namespace.get(key);
      return value === null ? missing("no such key\n") : new Response(value);
    }
    case "PUT":
      await namespace.put(key, await request.text());
      return new Response(null, { status: 204 });
    case "DELETE":
      await namespace.delete(key);
      return new Response(null, { status: 204 });
    default:
      return new Response(null, { status: 405 });
  }
}

async function bucket(request, objects, key) {
  switch (request.method) {
    case "GET": {
      if (key === "") return Response.json((await objects.list()).objects.map(({ key, size }) => ({ key, size })));
      const object = await objects.get(key);
      return object === null ? missing("no such key\n") : new Response(object.body);
    }
    case "PUT":
      await objects.put(key, await request.arrayBuffer());
      return new Response(null, { status: 204 });
    case "DELETE":
      await objects.delete(key);
      return new Response(null, { status: 204 });
    default:
      return new Response(null, { status: 405 });
  }
}

async function cron(url, worker) {
  const { outcome } = await worker.scheduled({
    cron: url.searchParams.get("cron") ?? "*/5 * * * *",
    scheduledTime: new Date(),
  });
  return new Response(outcome, { status: outcome === "ok" ? 200 : 500 });
}

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const [, area, name = "", ...rest] = url.pathname.split("/");
    const binding = env[`${area}:${name}`];
    if (binding === undefined) return missing(`no ${area} called ${name}\n`);
    switch (area) {
      case "kv":
        return store(request, binding, decodeURIComponent(rest.join("/")));
      case "bucket":
        return bucket(request, binding, decodeURIComponent(rest.join("/")));
      case "bucket-away":
        return binding.fetch(request);
      case "cron":
        return cron(url, binding);
      case "queue":
        await binding.send(await request.json());
        return new Response(null, { status: 204 });
      default:
        return missing("no such area\n");
    }
  },
};
