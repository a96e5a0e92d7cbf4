# The page /api. What it says of single calls and fields is the OpenAPI document's,
# in English; who can call is in both.

api-lead-html = The API does what the console does. Base URL: <code>{ $server }/api/v1</code>. For tools: <a href="/api/openapi.json">openapi.json</a> (OpenAPI 3.1).
api-authentication-html = Send <code>Authorization: Bearer …</code> with an API key, which an owner or admin creates under “{ keys-title }” in the console, or with an access token from <code>POST /api/v1/session</code>. Every error is a problem document with a stable <code>code</code>.
api-language = { "" }
api-group-service = Service
api-group-jobs = Images and models
api-group-session = Session
api-who-anyone = Requires no authentication.
api-who-caller = Requires an API key or a session.
api-who-user = Requires a user session.
api-who-scope = Requires a key with the scope `{ $scope }`, or a session with this permission.
api-who-member = Requires a user session. API keys are not accepted.
api-query = Query
api-body = Body
api-response = Response { $status }
api-no-body = No body.
api-fields = Fields
api-field = Field
api-type = Type
api-description = Description
api-optional = optional
