using System.Text;
using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>A request as nobody should send it.</summary>
/// <param name="Method">HTTP's method.</param>
/// <param name="Kind">The kind that it is about.</param>
/// <param name="Path">Path below the API's, and query, as they are sent.</param>
/// <param name="Body">The body; null for none.</param>
internal sealed record HostileRequest(string Method, string Kind, string Path, byte[]? Body)
{
    private const string Base = "/api/v3";

    private static readonly byte[] Sheet = "Name,MACs,Address\nweb1,02:ae:00:00:00:01,10.1.1.1\n"u8.ToArray();
    private static readonly string[] Kinds = [.. GoodObjects.Kinds, "jobs", "leases", "prefs", "machines", "stages"];
    private static readonly string[] Methods =
        ["GET", "GET", "GET", "HEAD", "POST", "POST", "POST", "POST", "PUT", "PUT", "PATCH", "PATCH", "PATCH", "DELETE"];

    private static readonly string[] Keys =
    [
        "", ".", "..", "%2e", "%2e%2e", "%2F", "a%2Fb", "..%2F..%2Fetc%2Fpasswd", "%00", "a%00b", "{x}", "%7Bx%7D", "Name:", "Name:x",
        "Uuid:", "Key:%00", "Nope:x", ":", "%F0%9F%98%80",
        "%FF%FE", "%C3%28", "%ED%A0%80", "%", "%zz", "%2", "%2525", "*", "+", "'", ";", "~", "a b", "a%20b", "%0d%0a",
        "00000000-0000-0000-0000-000000000000", "10.0.0.1", "0A0A0A0A",
        "%7B00000000-0000-4000-8000-000000000001%7D", "02:ac:00:00:00:01", "ff:ff:ff:ff:ff:ff", "HardwareAddrs:x", "import", "export",
        "params", "-1", "1e999", "global", "rocketskates", "local",
    ];

    private static readonly string[] Queries =
    [
        "Name=Re((", "Name=Re((a%2B)%2B$)", "Name=Re(", "Name=Re(%5B)", "Name=%00", "Name=%ED%A0%80", "Name=%FF", "Name=", "=", "=x",
        "&&", "Name", "offset=-1", "offset=99999999999999999999",
        "offset=1e9", "limit=1e9", "limit=-5", "limit=abc", "limit=0", "limit=2", "sort=Nope", "sort=Params", "sort=Name", "sort=",
        "sort=%00", "after=%00", "after=xyz", "after=", "reverse=x",
        "reverse=true", "slim=..", "slim=Meta,Params", "params=%00", "params=a,b,,", "aggregate=true", "force=true", "Meta=Eq(x)",
        "Params=x", "Boot.Phase=nope", "Boot.Phase=Ne(Unknown)",
        "Boot.Nope=1", "CurrentTask=1e999", "CurrentTask=Between(1", "CurrentTask=Gt(0)", "Name=In()", "Name=In(,)", "Name=Nin(a,b",
        "Name=Between(a,b,c)", "Key=x", "Valid=maybe", "Available=true",
        "HardwareAddrs=zz", "HardwareAddrs=Eq()", "Address=999.1.1.1", "Address=Lt(10.0.0.1)", "Subnet=10.0.0.0/99", "Uuid=%7Bx%7D",
        "StartTime=Lt(x)", "StartTime=Lt(9999-12-31T23:59:59Z)",
        "params.a=Eq(1)", "params.=x", "params.%00=x", "a=Lt(%5B)", "PasswordHash=Re(.)", "Secret=x", "sort=Secret", "arch=%00",
        "arch=99999", "client=nope", "os=%00", "os=windows", "ttl=-1", "ttl=1e9",
        "ttl=99999999999999", "roles=nope", "roles=,", "scope=%00", "scope=*&action=*&specific=*", "format=nope", "format=xlsx",
        "format=csv", "dryRun=maybe", "partial=true", "token=", "token=a:b", "token=x",
    ];

    private static readonly (string Name, string Value)[] Headers =
    [
        ("If-Match", ""), ("If-Match", "*"), ("If-Match", "\"1\""), ("If-Match", "W/\"x\""), ("If-Match", "\"a\", \"b"),
        ("If-Match", "99999999999999999999"), ("If-None-Match", "*"),
        ("If-None-Match", "\"1\""), ("If-None-Match", "\"\u00e9\""), ("Prefer", "wait=0"), ("Prefer", "wait=-1"),
        ("Prefer", "wait=NaN"), ("Prefer", "wait="), ("Range", "bytes=0-0"),
        ("Range", "bytes=9-1"), ("Range", "items=0-"), ("Accept", "application/x-ndjson"), ("Accept", "nope"),
        ("Accept-Encoding", "nope"), ("Host", "a b"), ("Host", "x:99999"), ("Host", "{{"),
        ("Origin", "null"), ("X-Log-Level", "%00"), ("Expect", "nope"), ("Cookie", "=;=")
    ];

    private static readonly string[] Types =
        ["text/plain", "application/xml", "application/json-patch+json", "application/json; charset=utf-16", "nope",
            "multipart/form-data; boundary=x"];

    /// <summary>The key that the path names, as it is meant.</summary>
    public string Key { get; init; } = "";

    /// <summary>The body's type; "" sends none.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>A header beside those of every request; null for none.</summary>
    public (string Name, string Value)? Header { get; init; }

    /// <summary>A request by a seed's numbers alone, and by the keys that there are.</summary>
    public static HostileRequest Make(Random random, IReadOnlyDictionary<string, List<string>> known)
    {
        var kind = Pick(random, Kinds);
        var method = Pick(random, Methods);
        var keys = known[kind];
        var key = keys.Count > 0 && random.Next(4) > 0 ? Uri.EscapeDataString(Pick(random, keys))
            : random.Next(60) == 0 ? new string('k', 3000) : Pick(random, Keys);
        var good = GoodObjects.Of(kind, random.Next(1, 50_000));
        if (kind == "jobs" && known["machines"] is { Count: > 0 } machines) good["Machine"] = Pick(random, machines);
        if (method == "PUT" && random.Next(8) > 0) good[GoodObjects.KeyField(kind)] = Uri.UnescapeDataString(key);
        var one = kind != "prefs" && (method is "PUT" or "PATCH" or "DELETE" || (method != "POST" && random.Next(2) == 0));
        var path = one ? $"/{kind}/{key}" : $"/{kind}";
        if (random.Next(4) == 0) (method, path) = Below(random, method, kind, key);
        var words = random.Next(method == "GET" ? 2 : 8) == 0 ? random.Next(1, 4) : 0;
        var query = words > 0 ? "?" + string.Join('&', Enumerable.Range(0, words).Select(_ => Pick(random, Queries))) : "";
        if (random.Next(100) == 0) query = "?" + string.Join('&', Enumerable.Range(0, 40).Select(i => $"Name=x{i}"));
        // Who runs this test goes on as who it is: the last administrator's password is no fuzz's business.
        if (method is not "GET" and not "HEAD" && path.Contains("rocketskates", StringComparison.Ordinal)) path = $"/{kind}/nobody";
        var body = method switch
        {
            "PATCH" => HostileJson.Patch(random, good),
            "POST" or "PUT" when path.EndsWith("/import", StringComparison.Ordinal) => Fuzz.Mutate(random, Sheet),
            "POST" or "PUT" when path.Contains("/params/", StringComparison.Ordinal) => Encoding.UTF8.GetBytes(HostileJson.Value(random)),
            "PUT" when path.EndsWith("/password", StringComparison.Ordinal) =>
                HostileJson.Object(random, new JsonObject { ["Password"] = "fuzzed-word" }),
            "POST" or "PUT" => HostileJson.Object(random, good),
            _ => random.Next(30) == 0 ? HostileJson.Object(random, good) : null,
        };
        return new HostileRequest(method, kind, path + query, body)
        {
            Key = Uri.UnescapeDataString(key),
            ContentType = random.Next(25) == 0 ? Pick(random, Types) : "application/json",
            Header = random.Next(6) == 0 ? Pick(random, Headers) : null,
        };
    }

    /// <summary>The message to send; its path is not tidied up.</summary>
    public HttpRequestMessage Message(Uri server)
    {
        var asItIs = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        var address = new Uri(server.GetLeftPart(UriPartial.Authority) + Base + Path, asItIs);
        var message = new HttpRequestMessage(new HttpMethod(Method), address);
        if (Body is not null)
        {
            message.Content = new ByteArrayContent(Body);
            if (ContentType.Length > 0) message.Content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        }

        if (Header is { } header) message.Headers.TryAddWithoutValidation(header.Name, header.Value);
        return message;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        const int Shown = 600;
        var body = Body is null ? "" : Encoding.UTF8.GetString(Body);
        return $"{Method} {Path} {ContentType} {Header} {(body.Length > Shown ? $"{body[..Shown]}… ({body.Length} characters)" : body)}";
    }

    private static (string Method, string Path) Below(Random random, string method, string kind, string key)
    {
        var name = Pick(random, ["a", "b/c", "", "%00", "params-1", "a%2Fb", "..", "%ED%A0%80"]);
        return (kind, random.Next(4)) switch
        {
            ("machines", 0) => ("GET", $"/machines/{key}/{Pick(random, ["boot", "timeline", "pubkey", "nope"])}"),
            ("machines", 1) => random.Next(2) == 0 ? ("GET", "/machines/export") : ("POST", "/machines/import"),
            ("machines", 2) => ("GET", $"/timeline/{key}"),
            ("machines" or "profiles" or "stages", _) => (method, $"/{kind}/{key}/params{(random.Next(3) == 0 ? "" : $"/{name}")}"),
            ("leases", _) => ("GET", $"/leases/{key}/history"),
            ("users", 0) => ("PUT", $"/users/{key}/password"),
            ("users", _) => ("GET", $"/users/{key}/token"),
            ("jobs", _) => (random.Next(3) == 0 ? "PUT" : "GET", $"/jobs/{key}/{Pick(random, ["actions", "log"])}"),
            (_, 0) => (method, $"/{kind}/{key}/{name}"),
            (_, 1) => ("GET", Pick(random, ["/info", "/objects", "/nope", "/", "", "/../..", "//machines"])),
            _ => (method, $"/{kind}/{key}"),
        };
    }

    private static T Pick<T>(Random random, IReadOnlyList<T> from) => from[random.Next(from.Count)];
}
