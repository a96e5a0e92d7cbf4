// Asks siteverify about one token: dotnet run -- TOKEN HOSTNAME

// [verify]
using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Tasks;

public enum Outcome
{
    Passed,
    Refused,
    Unreachable,
}

public sealed record Verdict(Outcome Outcome, IReadOnlyList<string> Codes);

public static class Munjigi
{
    private static readonly HttpClient Client = new(new HttpClientHandler { AllowAutoRedirect = false })
    {
        Timeout = TimeSpan.FromSeconds(5),
    };

    /// <summary>Whether the visitor of a page on the host has passed.</summary>
    public static async Task<Verdict> Verify(string token, string hostname, string? remoteIp = null)
    {
        static Verdict Refused(params string[] codes) => new(Outcome.Refused, codes);
        var unreachable = new Verdict(Outcome.Unreachable, Array.Empty<string>());
        if (string.IsNullOrEmpty(token))
        {
            return Refused("missing-input-response");
        }
        // What cannot be a token is not sent, so that a visitor cannot fake a network failure.
        if (!Regex.IsMatch(token, @"\A[A-Za-z0-9_.-]{1,2048}\z"))
        {
            return Refused("invalid-input-response");
        }
        var fields = new Dictionary<string, string>
        {
            ["secret"] = Environment.GetEnvironmentVariable("MUNJIGI_SECRET") ?? "",
            ["response"] = token,
        };
        if (remoteIp is not null)
        {
            fields["remoteip"] = remoteIp;
        }
        try
        {
            var address = Environment.GetEnvironmentVariable("MUNJIGI_SITEVERIFY");
            using var body = new FormUrlEncodedContent(fields);
            using var answer = await Client.PostAsync(address, body);
            // 429 and 503 say "later"; every verdict has status 200.
            if (answer.StatusCode != HttpStatusCode.OK)
            {
                return unreachable;
            }
            using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
            var result = document.RootElement;
            if (!result.GetProperty("success").GetBoolean())
            {
                return result.TryGetProperty("error-codes", out var codes)
                    ? Refused(codes.EnumerateArray().Select(code => code.ToString()).ToArray())
                    : Refused();
            }
            // A form that has an action compares it here too.
            return result.TryGetProperty("hostname", out var host) && host.ValueEquals(hostname)
                ? new Verdict(Outcome.Passed, Array.Empty<string>())
                : Refused("hostname-mismatch");
        }
        // No answer in time, or one that is not siteverify's.
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException
            or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return unreachable;
        }
    }
}
// [/verify]

public static class Program
{
    public static async Task<int> Main(string[] words)
    {
        var verdict = await Munjigi.Verify(words.ElementAtOrDefault(0) ?? "", words.ElementAtOrDefault(1) ?? "");
        Console.WriteLine(string.Join(' ', verdict.Codes.Prepend(verdict.Outcome.ToString().ToLowerInvariant())));
        return (int)verdict.Outcome;
    }
}
