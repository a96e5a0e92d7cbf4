<?php

// Asks siteverify about one token: php verify.php TOKEN HOSTNAME

declare(strict_types=1);

// [verify]
/**
 * Whether the visitor of a page on $hostname has passed.
 *
 * @return array{string, list<string>} "passed", "refused" or "unreachable", and codes
 */
function verify(string $token, string $hostname, ?string $remoteIp = null): array
{
    if ($token === '') {
        return ['refused', ['missing-input-response']];
    }
    // What cannot be a token is not sent, so that a visitor cannot fake a network failure.
    if (preg_match('/\A[A-Za-z0-9_.-]{1,2048}\z/', $token) !== 1) {
        return ['refused', ['invalid-input-response']];
    }
    $fields = ['secret' => (string) getenv('MUNJIGI_SECRET'), 'response' => $token];
    if ($remoteIp !== null) {
        $fields['remoteip'] = $remoteIp;
    }
    $call = curl_init((string) getenv('MUNJIGI_SITEVERIFY'));
    curl_setopt_array($call, [
        CURLOPT_POSTFIELDS => http_build_query($fields),
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 5,
    ]);
    $body = curl_exec($call);
    // 429 and 503 say "later"; every verdict has status 200.
    $isVerdict = is_string($body) && curl_getinfo($call, CURLINFO_RESPONSE_CODE) === 200;
    $result = $isVerdict ? json_decode($body, true) : null;
    if (!is_array($result) || !is_bool($result['success'] ?? null)) {
        return ['unreachable', []];
    }
    if (!$result['success']) {
        return ['refused', $result['error-codes'] ?? []];
    }
    // A form that has an action compares $result['action'] here too.
    if (($result['hostname'] ?? null) !== $hostname) {
        return ['refused', ['hostname-mismatch']];
    }
    return ['passed', []];
}
// [/verify]

[$outcome, $codes] = verify($argv[1] ?? '', $argv[2] ?? '');
echo implode(' ', [$outcome, ...$codes]), "\n";
exit(array_search($outcome, ['passed', 'refused', 'unreachable'], true));
