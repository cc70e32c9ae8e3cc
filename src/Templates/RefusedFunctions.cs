namespace Anvil.Templates;

/// <summary>Sprig's functions that would reach outside the template: each says why it does not.</summary>
internal static class RefusedFunctions
{
    public static IEnumerable<Function> All() =>
    [
        Refused("env", "text", "templates do not read the server's environment; give the machine a param"),
        Refused("expandenv", "text", "templates do not read the server's environment; give the machine a param"),
        Refused("getHostByName", "text", "templates do not look names up; give the machine a param with the address"),
        Refused("now", "", "templates do not read the clock: what is rendered again has to be the same"),
        Refused("ago", "any", "templates do not read the clock: what is rendered again has to be the same"),
    ];

    private static Function Refused(string name, string types, string why)
        => Function.Own(name, types, _ => throw new TemplateFault($"{name} is refused: {why}"));
}
