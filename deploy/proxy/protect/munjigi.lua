-- Asks munjigi-gate whether a request may pass, as /etc/haproxy/munjigi.lua; see
-- haproxy.cfg. If the gate has several sites, put `sitekey=mj_…&` after the `?` of
-- the check.

local gate = 'http://127.0.0.1:8786'
-- When the gate does not answer, visitors get 503. With `true` here they get the
-- application, unchecked.
local fail_open = false
-- How long the gate may take, in milliseconds; HAProxy asks it four times.
local patience = 2500

-- How long the headers of a request may be, in bytes: half of `tune.bufsize`.
local most = 32768

-- What the gate tells the application.
local told = { 'munjigi-level', 'munjigi-score', 'munjigi-reasons', 'munjigi-id' }

-- These are not passed on: they are about a connection or a body, or they would
-- tell the gate of another request.
local own = {
  ['connection'] = true,
  ['content-length'] = true,
  ['expect'] = true,
  ['keep-alive'] = true,
  ['proxy-connection'] = true,
  ['te'] = true,
  ['trailer'] = true,
  ['transfer-encoding'] = true,
  ['x-forwarded-host'] = true,
  ['x-forwarded-method'] = true,
  ['x-forwarded-uri'] = true,
}

-- Headers of one message without its own ones, as lists that begin at 1.
local function others(headers)
  local kept = {}
  for name, values in pairs(headers) do
    if not own[name] then
      local list = {}
      for at = 0, #values do list[#list + 1] = values[at] end
      kept[name] = list
    end
  end
  return kept
end

local function check(txn)
  -- No browser sends another method, and programs read it differently.
  if not txn.sf:method():find('^%u+$') then
    txn:done(txn:reply({ status = 400 }))
    return
  end

  -- `path` comes last, because it is not encoded.
  local url = gate .. '/v1/clearance/check?answer=303&method=' .. txn.sf:method()
    .. '&path=' .. txn.sf:pathq()
  local headers = others(txn.http:req_get_headers())
  -- HAProxy would put its own in.
  for _, name in ipairs({ 'accept', 'user-agent' }) do headers[name] = headers[name] or { '' } end
  -- The check has to fit into a buffer, as the request itself did.
  local size = #url
  for name, values in pairs(headers) do
    for _, value in ipairs(values) do size = size + #name + #value end
  end
  if size > most then
    txn:done(txn:reply({ status = 431 }))
    return
  end
  -- Other requests go on while this one waits.
  local answer = core.httpclient():get({ url = url, headers = headers, timeout = patience })

  if answer.status == 200 then
    for _, name in ipairs(told) do
      local values = answer.headers[name]
      if values then txn.http:req_set_header(name, values[0]) end
    end
    return
  end

  if answer.status == 0 or answer.status >= 500 then
    if fail_open then return end
    txn:done(txn:reply({ status = 503 }))
    return
  end

  local reply = txn:reply({ status = answer.status, reason = answer.reason })
  for name, values in pairs(others(answer.headers)) do
    for _, value in ipairs(values) do reply:add_header(name, value) end
  end
  if txn.sf:method() ~= 'HEAD' then reply:set_body(answer.body) end
  txn:done(reply)
end

core.register_action('munjigi', { 'http-req' }, check, 0)
