# Asks siteverify about one token: ruby verify.rb TOKEN HOSTNAME

# [verify]
require "json"
require "net/http"

# Whether the visitor of a page on hostname has passed: :passed, :refused or :unreachable, and codes.
def verify(token, hostname, remote_ip = nil)
  return :refused, ["missing-input-response"] if token.to_s.empty?
  # What cannot be a token is not sent, so that a visitor cannot fake a network failure.
  return :refused, ["invalid-input-response"] unless token.b.match?(/\A[A-Za-z0-9_.-]{1,2048}\z/)

  fields = { "secret" => ENV.fetch("MUNJIGI_SECRET"), "response" => token }
  fields["remoteip"] = remote_ip if remote_ip
  address = URI(ENV.fetch("MUNJIGI_SITEVERIFY"))
  request = Net::HTTP::Post.new(address)
  request.set_form_data(fields)
  options = { use_ssl: address.scheme == "https", open_timeout: 5, write_timeout: 5, read_timeout: 5 }
  result = begin
    answer = Net::HTTP.start(address.hostname, address.port, options) { |http| http.request(request) }
    # 429 and 503 say "later"; every verdict has status 200.
    answer.code == "200" ? JSON.parse(answer.body) : nil
  rescue StandardError
    nil
  end
  return :unreachable, [] unless result.is_a?(Hash) && [true, false].include?(result["success"])
  return :refused, result.fetch("error-codes", []) unless result["success"]
  # A form that has an action compares result["action"] here too.
  return :refused, ["hostname-mismatch"] if result["hostname"] != hostname

  [:passed, []]
end
# [/verify]

outcome, codes = verify(ARGV[0], ARGV[1])
puts [outcome, *codes].join(" ")
exit %i[passed refused unreachable].index(outcome)
