// The environment: its variables for Rust, and the hosts that are protected.

export const CHECK = "/v1/clearance/check?answer=303";

export const complain = (event, error) =>
  console.error(JSON.stringify({ level: "error", event, detail: String(error) }));

/** The object that a text is. */
function object(text) {
  try {
    const value = JSON.parse(text);
    if (value.constructor === Object) return value;
  } catch {
    // The parser's message would quote the text.
  }
  throw "it is no JSON object";
}

/**
 * What of `MUNJIGI_PROTECT` concerns each host: the address of its checks, without method and path.
 * A host in another spelling than a browser's would match nothing, so that it is an error.
 */
function protectedHosts(text) {
  const hosts = new Map();
  for (const [name, site] of Object.entries(object(text))) {
    const { sitekey, fail = "closed", ...unknown } = site?.sitekey ? site : { sitekey: site };
    const { hostname, host } = URL.parse(`https://${name}/`) ?? {};
    const isHost = host === hostname && hostname === name.toLowerCase() && !/\.workers\.dev$|\.$|\*/.test(host);
    const isSite = /^mj_[\w-]+$/.test(sitekey) && ["open", "closed"].includes(fail);
    // One text for all: the Worker's size is limited.
    if (!isHost || !isSite || Object.keys(unknown).length) throw `${name}: wrong host, sitekey or fail`;
    hosts.set(hostname, { fail, check: `${CHECK}&sitekey=${sitekey}&fail=${fail}` });
  }
  return hosts;
}

/** The environment that was read last, its variables but `MUNJIGI_PROTECT`, and the hosts in that one. */
let known = {};

/** Hosts are undefined where the variable is wrong: no one knows then which are protected. */
export function read(env) {
  if (known.env === env) return known;
  const { MUNJIGI_PROTECT: text, ...rest } = env;
  known = { env, rest, hosts: new Map() };
  try {
    if (text) known.hosts = protectedHosts(text);
  } catch (error) {
    known.hosts = undefined;
    complain("configuration", `MUNJIGI_PROTECT: ${error}`);
  }
  return known;
}
