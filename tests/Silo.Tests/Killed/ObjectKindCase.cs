using Anvil.Provisioning.Network;

namespace Anvil.Silo.Tests.Killed;

/// <summary>How objects of a kind are made and changed; every version's description is its number.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Key">An object's key, of the client and the object's number.</param>
/// <param name="Fields">Its fields besides key and description, as JSON that begins with a comma, of the number and the version.</param>
/// <param name="KeyField">The key's field.</param>
internal sealed record ObjectKindCase(string Kind, Func<int, int, string> Key, Func<int, int, int, string> Fields,
    string KeyField = "Name")
{
    /// <summary>Key of the events, where that is not the API's.</summary>
    public Func<string, string> EventKey { get; init; } = key => key;

    /// <summary>Operations of a patch beside the description, as JSON that begins with a comma.</summary>
    public Func<int, int, int, string> Patch { get; init; } = (_, _, _) => "";

    /// <summary>All kinds that are objects of the API.</summary>
    public static IReadOnlyList<ObjectKindCase> All { get; } =
    [
        Of("profiles", ""","Params":{"a":[1,2]}"""),
        Of("params", ""","Schema":{"type":"string"}"""),
        Of("tasks", ""","Templates":[{"Name":"a.sh","Contents":"#!/bin/sh\n"}]"""),
        Of("stages"),
        Of("bootenvs", ""","OS":{"Name":"killed"}"""),
        Of("workflows"),
        Of("templates", ""","Contents":"killed" """) with { KeyField = "ID" },
        Of("roles", ""","Claims":[{"scope":"profiles","action":"get","specific":"*"}]"""),
        Of("tenants", ""","Members":{"profiles":["killed"]}"""),
        Of("users", ""","Roles":["superuser"]"""),
        Of("webhooks", ""","Url":"http://127.0.0.1:9/","Enabled":false,"Events":["*.*.*"],"Secret":"0123456789abcdef" """),
        new("subnets", Named,
            (c, n, _) =>
                $$"""
                ,"Subnet":"10.{{100 + c}}.{{n}}.0/24","ActiveStart":"10.{{100 + c}}.{{n}}.10",
                "ActiveEnd":"10.{{100 + c}}.{{n}}.90","ActiveLeaseTime":600,"ReservedLeaseTime":7200
                """),
        new("reservations", (c, n) => $"10.{50 + c}.{n / 250}.{1 + (n % 250)}",
            (c, n, _) => $$""","Token":"02:0b:00:{{c:x2}}:{{n >> 8:x2}}:{{n & 255:x2}}" """, "Addr")
        {
            EventKey = address => IPv4.Parse(address).ToString("X8", System.Globalization.CultureInfo.InvariantCulture),
        },
        new("machines", (c, n) => $"0b3c6a8e-0000-4000-8{c:x3}-{n:x12}",
            (c, n, v) => $$""","Name":"{{MachineName(c, n, v)}}","BootEnv":"local","HardwareAddrs":["{{MachineMac(c, n, v)}}"]""", "Uuid")
        {
            Patch = (c, n, v) =>
                $$"""
                ,{"op":"replace","path":"/Name","value":"{{MachineName(c, n, v)}}"},{"op":"replace","path":"/HardwareAddrs/0",
                "value":"{{MachineMac(c, n, v)}}"}
                """,
        },
    ];

    /// <summary>A machine's name, which each version changes.</summary>
    public static string MachineName(int client, int number, int version) => $"killed-{client}-{number}-{version}";

    /// <summary>A machine's MAC address, which each version changes.</summary>
    public static string MachineMac(int client, int number, int version)
        => $"02:0c:{client:x2}:{version:x2}:{number >> 8:x2}:{number & 255:x2}";

    /// <inheritdoc/>
    public override string ToString() => Kind;

    private static string Named(int client, int number) => $"killed-{client}-{number}";

    private static ObjectKindCase Of(string kind, string fields = "") => new(kind, Named, (_, _, _) => fields);
}
