using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>Objects as they should be sent: one of each kind that a number makes its own.</summary>
internal static class GoodObjects
{
    /// <summary>The value of every secure param of <see cref="Of"/>: no answer may hold it but where it was asked to be decoded.</summary>
    public const string Secret = "hush-9f31c2";

    /// <summary>The kinds that can be made, each after those that its objects name.</summary>
    public static readonly IReadOnlyList<string> Kinds =
    [
        "templates", "params", "tasks", "bootenvs", "profiles", "stages", "workflows", "users", "roles", "tenants", "subnets",
        "reservations", "machines", "webhooks",
    ];

    /// <summary>A good object.</summary>
    /// <param name="kind">One of <see cref="Kinds"/>, or jobs, leases or prefs.</param>
    /// <param name="number">Which; from 1 on.</param>
    public static JsonObject Of(string kind, int number)
    {
        var (name, net) = ($"{kind}-{number}", $"10.{100 + (number / 250 % 100)}.{number % 250}");
        var text = kind switch
        {
            "templates" => """{"ID":"@","Description":"d","Contents":"hello {{.Machine.Name}}"}""",
            "params" => """
                {"Name":"@","Description":"d","Documentation":"d","Secure":false,"Schema":{"type":"string","pattern":"^a+$","default":"a"}}
                """,
            "tasks" => """
                {"Name":"@","Templates":[{"Name":"t","Path":"","Contents":"echo {{.Machine.Name}}","Meta":{"OS":"linux"}}],
                 "RequiredParams":[],"OptionalParams":["a"],"Prerequisites":[],"Meta":{"a":"b"}}
                """,
            "bootenvs" => """
                {"Name":"@","OS":{"Name":"linux-1","Family":"debian","Version":"1",
                 "SupportedArchitectures":{"amd64":{"Kernel":"k","Initrds":["i"],"BootParams":"x={{.Machine.Name}}"}}},
                 "Kernel":"k","Initrds":["i"],"BootParams":"y","OnlyUnknown":false,"Loaders":{"amd64-uefi":"ipxe.efi"},
                 "RequiredParams":[],"OptionalParams":[],
                 "Templates":[{"Name":"f","Path":"@/{{.Machine.Path}}/f","Contents":"hello"}]}
                """,
            "profiles" => """{"Name":"@","Description":"d","Params":{"a":1,"b":{"c":[1,2]}},"Meta":{"a":"b"}}""",
            "stages" => """
                {"Name":"@","BootEnv":"","Tasks":[],"Profiles":[],"Params":{"n":1},"RequiredParams":[],"OptionalParams":[],"Reboot":false,
                 "Templates":[{"Name":"s","Path":"@/{{.Machine.Path}}/s","Contents":"hello"}]}
                """,
            "workflows" => """{"Name":"@","Description":"d","Stages":[]}""",
            "users" => """{"Name":"@","Description":"d","Roles":[]}""",
            "roles" => """{"Name":"@","Description":"d","Claims":[]}""",
            "tenants" => """{"Name":"@","Description":"d","Members":{"profiles":["a"]},"Users":[]}""",
            "subnets" => """
                {"Name":"@","Enabled":false,"Proxy":false,"Subnet":"#.0/24","ActiveStart":"#.10","ActiveEnd":"#.20",
                 "ActiveLeaseTime":60,"ReservedLeaseTime":7200,
                 "NextServer":"#.1","OnlyReservations":false,"Options":[{"Code":3,"Value":"#.1"}],
                 "Strategy":"MAC","Pickers":["hint","nextFree"]}
                """,
            "reservations" => """
                {"Addr":"#.77","Token":"02:ab:00:00:%","Strategy":"MAC","NextServer":"#.1","Options":[{"Code":3,"Value":"#.1"}],
                 "Duration":600,"Scoped":false}
                """,
            "machines" => """
                {"Name":"@","Description":"d","HardwareAddrs":["02:ac:00:00:%"],"Address":"#.78","Profiles":[],"Params":{"a":1,"b":["x"]},
                 "Workflow":"","Stage":"none","BootEnv":"local",
                 "Tasks":["inventory"],"Runnable":true,"OS":"","Arch":"amd64","Locked":false,"Meta":{"a":"b"}}
                """,
            // Where it goes nothing may be sent.
            "webhooks" => """
                {"Name":"@","Description":"d","Url":"http://127.0.0.1:9/@","Enabled":false,"Events":["profiles.*.*"],
                 "Secret":"0123456789abcdef","Meta":{"a":"b"}}
                """,
            "jobs" => """{"Machine":"00000000-0000-4000-8000-000000000001","State":"running"}""",
            "leases" => """{"Addr":"#.79","Token":"02:ad:00:00:%","State":"ACK","Duration":60}""",
            "prefs" => """{"defaultWorkflow":"","defaultBootEnv":"local","unknownBootEnv":"ignore","logLevel":"info"}""",
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such kind"),
        };
        var mac = $"{number / 256 % 256:x2}:{number % 256:x2}";
        text = text.Replace("@", name, StringComparison.Ordinal).Replace("#", net, StringComparison.Ordinal)
            .Replace("%", mac, StringComparison.Ordinal);
        return JsonNode.Parse(text)!.AsObject();
    }

    /// <summary>The field that names an object.</summary>
    public static string KeyField(string kind) => kind switch
    {
        "templates" => "ID",
        "machines" or "jobs" => "Uuid",
        "reservations" or "leases" => "Addr",
        _ => "Name",
    };

    /// <summary>The last part of the path of an object.</summary>
    public static string KeyOf(string kind, JsonNode document) => (string)document[KeyField(kind)]!;
}
