using System.Text.Json;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;

namespace Anvil.Storage.Tests;

/// <summary>Documents with awkward values, and lists that ask for them.</summary>
/// <param name="random">Chance.</param>
/// <param name="table">Fields of the documents.</param>
internal sealed class RandomLists(Random random, FieldTable table)
{
    private readonly string[] _names = [.. table.Fields.Keys.Order(StringComparer.Ordinal)];

    private static readonly string[] Texts =
    [
        "", "a", "A", "aa", "ab", "b", "local", "é", "e\u0301", "\uFFFD", "\uE000", "\uFFFF", "😀", "😀a", "𝔸", "日本", "'", "\"", "\\",
        "a\"b\\c", "%", "_", "$.x", "[0]", "{}", "null", "true",
        "True", "0", "5", "05", "5.0", "1e2", "-3", " ", "a b", "a,b", "x/y", "\t", "\n", "a\nb", "\u0001", "\u007f", new string('q', 127),
        new string('q', 128), new string('q', 129),
        Repeat("😀", 128), Repeat("😀", 128) + "a", new string('é', 127) + "z", "--", "; DROP TABLE machine", "*", "?", "[a-z]", "(", ")",
        "Eq(a)", "Foo(a)", "i\u0130", "ß", "ſ", "K",
    ];

    private static readonly string[] Addresses =
    [
        "", "10.0.0.1", "10.0.0.2", "10.0.0.10", "10.0.0.100", "9.255.255.255", "0.0.0.0", "255.255.255.255", "198.51.100.7", "010.0.0.1",
        "256.1.1.1", "1..2.3", "1.2.3.4.", ".1.2.3", "1,2,3,4",
        "1.2.3.4 ", "1.2.3.4\n", "1.2.3", "1.2.3.4.5", "١.٢.٣.٤", "1.2.3.0x4", "1.2.3.-4", "elsewhere", "::1", "1.2.3.4e0",
        "99999999999999",
    ];

    private static readonly string[] Numbers =
        ["0", "-0", "1", "1.0", "5", "5.5", "0.1", "100", "1e2", "-3", "1152921504606846976", "1152921504606846977", "9007199254740993",
            "12345678901234567890123", "1e308", "1.5e308", "1e999", "-1e999", "1e-400", "5e-324", "2.5e-301", "1e-300"];

    private static readonly string[] Others = ["true", "false", "null", "[]", "[1,\"a\"]", "{}", "{\"a\":{\"b\":[null]}}"];

    private static readonly string[] ParamNames = ["x/y", "rack", "a\"b", "$.x", "é", "0", "a\\b", "b'c", "Name", "[0]"];

    private static readonly string[] Patterns =
        ["^a", "a$", ".", "^$", "[0-9]+", "(?i)A", "^10\\.", "^52:54", "😀", "\\p{L}", "q{100}", "^(a+)+$", "local|b", "^.{2}$", "\\\"",
            "(?s)a.b", "x/", "", "^.$"];

    private static readonly ListFunction[] Functions = Enum.GetValues<ListFunction>();

    private readonly HashSet<string> _macs = new(StringComparer.Ordinal);

    /// <summary>A machine; no two have the same name or the same spelling of a MAC address.</summary>
    public Machine Machine(int number)
    {
        var machine = new Machine
        {
            Uuid = Uuid(number),
            Name = CodePoints.First(Text(), 100) + number,
            Description = Text() + (random.Next(3) == 0 ? Text() : ""),
            Address = One(Addresses),
            HardwareAddrs = [.. Enumerable.Range(0, random.Next(3)).Select(_ => Mac()).Where(_macs.Add)],
            Stage = Text(),
            BootEnv = Text(),
            Workflow = Text(),
            Profiles = Some(),
            Tasks = Some(),
            Errors = Some(),
            CurrentTask = random.Next(-1, 4),
            Runnable = random.Next(2) == 0,
            Available = random.Next(2) == 0,
            Validated = random.Next(2) == 0,
            OS = Text(),
            CurrentJob = random.Next(2) == 0 ? "" : Guid.Empty.ToString(),
            Meta = Some().Distinct(StringComparer.Ordinal).ToDictionary(k => k, _ => Text()),
            Params = ParamNames.Where(_ => random.Next(2) == 0).ToDictionary(n => n, _ => Value()),
            Boot = new MachineBoot
            {
                Phase = One(Enum.GetValues<Phase>()),
                Since = Time(),
                LastSeen = Time(),
                Attempts = random.Next(3),
                Stuck = random.Next(2) == 0,
                Via = Text()
            },
        };
        return Json.Read<Machine>(Json.Write(machine));
    }

    /// <summary>A job of one of a few machines.</summary>
    public Job Job(int number) => Read(new Job
    {
        Uuid = Uuid(number),
        Previous = random.Next(2) == 0 ? "" : Uuid(random.Next(5)),
        Machine = $"00000000-0000-4000-8000-{random.Next(4):x12}",
        Task = Text(),
        Stage = Text(),
        Workflow = Text(),
        BootEnv = Text(),
        State = One([JobState.Created, JobState.Running, JobState.Failed, JobState.Finished, JobState.Incomplete]),
        ExitState = Text(),
        StartTime = Time(),
        EndTime = Time(),
        Current = random.Next(2) == 0,
        CurrentIndex = random.Next(-1, 4),
        NextIndex = random.Next(-1, 4),
        Meta = Meta(),
        Errors = Some(),
        Available = random.Next(2) == 0,
        Validated = random.Next(2) == 0,
    });

    /// <summary>A lease; no two have one address.</summary>
    public Lease Lease(int number) => Read(new Lease
    {
        Addr = Address(number),
        NextServer = One(Addresses),
        Via = One(Addresses),
        Link = Text(),
        Token = Mac(),
        Duration = random.Next(-1, 4),
        ExpireTime = Time(),
        Strategy = Text(),
        State = One([Provisioning.Network.Lease.Offer, Provisioning.Network.Lease.Ack, Provisioning.Network.Lease.Expired,
            Provisioning.Network.Lease.Fake]),
        SkipBoot = random.Next(2) == 0,
        Meta = Meta(),
        Errors = Some(),
        Available = random.Next(2) == 0,
    });

    /// <summary>A reservation; no two have one address.</summary>
    public Reservation Reservation(int number) => Read(new Reservation
    {
        Addr = Address(number),
        Description = Text(),
        Documentation = Text(),
        Token = Mac(),
        Subnet = Text(),
        NextServer = One(Addresses),
        Strategy = Text(),
        Scoped = random.Next(2) == 0,
        Duration = random.Next(-1, 4),
        Meta = Meta(),
        Errors = Some(),
        Validated = true,
        Available = random.Next(2) == 0,
    });

    /// <summary>Words of a list over some of these documents, which may be wrong.</summary>
    public List<KeyValuePair<string, IReadOnlyList<string>>> Words<T>(IReadOnlyList<T> documents)
        where T : Document
    {
        var words = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        for (var n = random.Next(4) - 1; n > 0; n--)
        {
            var name = FieldName();
            words[name] = [.. Enumerable.Range(0, random.Next(4) == 0 ? 2 : 1).Select(_ => Filter(name, documents))];
        }

        if (random.Next(2) == 0) words["sort"] = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => FieldName())];
        if (random.Next(3) == 0) words["reverse"] = ["true"];
        if (random.Next(3) == 0) words["offset"] = [$"{random.Next(10)}"];
        if (random.Next(2) == 0) words["limit"] = [$"{random.Next(12)}"];
        return [.. words];
    }

    /// <summary>Name of a field.</summary>
    public string FieldName()
        => random.Next(table.HasParams ? 3 : 30) == 0 ? (random.Next(4) == 0 ? "params." : "") + One(ParamNames) : One(_names);

    private string Filter<T>(string name, IReadOnlyList<T> documents)
        where T : Document
    {
        string Arguments(int count) => string.Join(',', Enumerable.Range(0, count).Select(_ => Argument()));
        string Argument()
        {
            if (random.Next(8) == 0) return Text();
            if (!table.TryFind(name, _ => ParamUse.Known, out var field)) return Text();
            var json = Json.Element(One(documents));
            return field.Kind switch
            {
                FieldKind.MacList or FieldKind.Mac =>
                    random.Next(4) == 0 ? Mac() : Respelt(One([.. field.TextsOf(field.At(json)), Mac()])),
                FieldKind.Address => One(Addresses),
                FieldKind.Truth => One(["true", "false", "True"]),
                FieldKind.Number => $"{random.Next(-1, 4)}",
                FieldKind.Uuid => One([.. field.TextsOf(field.At(json)).SelectMany(t => new[] { t.ToUpperInvariant(), t }), ""]),
                FieldKind.Value => random.Next(2) == 0 ? One(Numbers) : field.RankOf(field.At(json)).ToString(),
                _ => One([.. field.TextsOf(field.At(json)), Text()]),
            };
        }

        var function = One(Functions);
        return function switch
        {
            ListFunction.Eq when random.Next(2) == 0 => Argument(),
            ListFunction.Between or ListFunction.Except => $"{function}({Argument()},{Argument()})",
            ListFunction.In or ListFunction.Nin =>
                $"{function}({Arguments(random.Next(1, random.Next(5) == 0 ? 40 : 4))})",
            ListFunction.Re => $"Re({One(Patterns)})",
            _ => $"{function}({Argument()})",
        };
    }

    private static T Read<T>(T document) => Json.Read<T>(Json.Write(document));

    private static string Address(int number) => IPv4.Format((uint)(0x0a00_0000 + (number % 3 * 0x0100_0000) + (number * 37)));

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    private T One<T>(IReadOnlyList<T> all) => all[random.Next(all.Count)];

    private string Text() => One(Texts);

    private string Uuid(int number) => $"{random.Next():x8}-0000-4000-8000-{number:x12}";

    private Dictionary<string, string> Meta() => Some().ToDictionary(k => k, _ => Text(), StringComparer.Ordinal);

    private List<string> Some() => [.. Enumerable.Range(0, random.Next(4)).Select(_ => Text()).Distinct(StringComparer.Ordinal)];

    private string Mac() => random.Next(6) == 0 ? Text() : Respelt($"52:54:00:00:{random.Next(2):x2}:{random.Next(12):x2}");

    private string Respelt(string mac) => random.Next(5) switch
    {
        0 => mac.ToUpperInvariant(),
        1 => mac.Replace(':', '-'),
        2 => mac.Replace(":", "", StringComparison.Ordinal),
        3 => mac.Replace(":", "--", StringComparison.Ordinal),
        _ => mac,
    };

    private JsonElement Value()
        => JsonDocument.Parse(
            random.Next(3) switch { 0 => One(Numbers), 1 => JsonSerializer.Serialize(Text()), _ => One(Others) }).RootElement;

    private DateTimeOffset Time()
        => random.Next(4) == 0 ? default
            : new DateTimeOffset(2026, 1, 1, 0, 0, random.Next(2), TimeSpan.Zero).AddTicks(One([0, 1, 10, 5_000_000, 9_999_999]));
}
