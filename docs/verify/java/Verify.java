// Asks siteverify about one token: java Verify.java TOKEN HOSTNAME

// [verify]
import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
// [/verify]

final class Verify {
    public static void main(String[] words) {
        var token = words.length > 0 ? words[0] : "";
        var hostname = words.length > 1 ? words[1] : "";
        var verdict = Munjigi.verify(token, hostname, null);
        var line = new ArrayList<>(List.of(verdict.outcome().name().toLowerCase()));
        line.addAll(verdict.codes());
        System.out.println(String.join(" ", line));
        System.exit(verdict.outcome().ordinal());
    }
}

// [verify]
final class Munjigi {
    enum Outcome { PASSED, REFUSED, UNREACHABLE }

    record Verdict(Outcome outcome, List<String> codes) {}

    private static final Verdict UNREACHABLE = new Verdict(Outcome.UNREACHABLE, List.of());
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9_.-]{1,2048}");
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    /** Whether the visitor of a page on {@code hostname} has passed; {@code remoteIp} may be null. */
    static Verdict verify(String token, String hostname, String remoteIp) {
        if (token == null || token.isEmpty()) {
            return refused("missing-input-response");
        }
        // What cannot be a token is not sent, so that a visitor cannot fake a network failure.
        if (!TOKEN.matcher(token).matches()) {
            return refused("invalid-input-response");
        }
        var body = "secret=" + encode(setting("MUNJIGI_SECRET")) + "&response=" + encode(token);
        if (remoteIp != null) {
            body += "&remoteip=" + encode(remoteIp);
        }
        var request = HttpRequest.newBuilder(URI.create(setting("MUNJIGI_SITEVERIFY")))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> answer;
        Object read;
        try {
            answer = CLIENT.sendAsync(request, BodyHandlers.ofString()).get(5, TimeUnit.SECONDS);
            read = new Json(answer.body()).all();
        } catch (ExecutionException | TimeoutException | IllegalArgumentException failure) {
            return UNREACHABLE;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return UNREACHABLE;
        }
        // 429 and 503 say "later"; every verdict has status 200.
        if (answer.statusCode() != 200
                || !(read instanceof Map<?, ?> result)
                || !(result.get("success") instanceof Boolean success)) {
            return UNREACHABLE;
        }
        if (!success) {
            var codes = result.get("error-codes") instanceof List<?> list ? list : List.of();
            return refused(codes.stream().map(String::valueOf).toArray(String[]::new));
        }
        // A form that has an action compares result.get("action") here too.
        return hostname.equals(result.get("hostname"))
                ? new Verdict(Outcome.PASSED, List.of())
                : refused("hostname-mismatch");
    }

    private static Verdict refused(String... codes) {
        return new Verdict(Outcome.REFUSED, List.of(codes));
    }

    private static String setting(String name) {
        return Objects.requireNonNull(System.getenv(name), name);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, UTF_8);
    }

    /**
     * Reads JSON. The standard library cannot, and a search in the text would find what a visitor
     * wrote into cdata. A library that you have already (Jackson, Gson) does as well.
     */
    private static final class Json {
        private static final Pattern WORD =
                Pattern.compile("true|false|null|-?(?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][+-]?\\d+)?");

        private final String text;
        private int at;

        Json(String text) {
            this.text = text;
        }

        Object all() {
            var value = value();
            if (at < text.length()) {
                throw wrong();
            }
            return value;
        }

        private Object value() {
            var value = switch (sign()) {
                case '{' -> object();
                case '[' -> array();
                case '"' -> string();
                default -> word();
            };
            sign();
            return value;
        }

        private Map<String, Object> object() {
            var members = new HashMap<String, Object>();
            for (at++; !took('}'); ) {
                if (!members.isEmpty()) {
                    need(',');
                }
                if (sign() != '"') {
                    throw wrong();
                }
                var name = string();
                need(':');
                if (members.containsKey(name)) {
                    throw wrong();
                }
                members.put(name, value());
            }
            return members;
        }

        private List<Object> array() {
            var items = new ArrayList<Object>();
            for (at++; !took(']'); ) {
                if (!items.isEmpty()) {
                    need(',');
                }
                items.add(value());
            }
            return items;
        }

        private String string() {
            var out = new StringBuilder();
            at++;
            for (char next = next(); next != '"'; next = next()) {
                if (next < ' ') {
                    throw wrong();
                }
                out.append(next == '\\' ? escaped() : next);
            }
            return out.toString();
        }

        private char escaped() {
            char next = next();
            if (next == 'u') {
                at += 4;
                if (at > text.length()) {
                    throw wrong();
                }
                return (char) HexFormat.fromHexDigits(text, at - 4, at);
            }
            int place = "\"\\/bfnrt".indexOf(next);
            if (place < 0) {
                throw wrong();
            }
            return "\"\\/\b\f\n\r\t".charAt(place);
        }

        private Object word() {
            Matcher found = WORD.matcher(text).region(at, text.length());
            if (!found.lookingAt()) {
                throw wrong();
            }
            at = found.end();
            return switch (found.group()) {
                case "true" -> Boolean.TRUE;
                case "false" -> Boolean.FALSE;
                case "null" -> null;
                default -> Double.valueOf(found.group());
            };
        }

        /** The next sign that is no space, or 0 at the end. */
        private char sign() {
            while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
            return at < text.length() ? text.charAt(at) : 0;
        }

        private boolean took(char wanted) {
            boolean is = sign() == wanted;
            at += is ? 1 : 0;
            return is;
        }

        private void need(char wanted) {
            if (!took(wanted)) {
                throw wrong();
            }
        }

        private char next() {
            if (at >= text.length()) {
                throw wrong();
            }
            return text.charAt(at++);
        }

        private IllegalArgumentException wrong() {
            return new IllegalArgumentException("not JSON at " + at);
        }
    }
}
// [/verify]
