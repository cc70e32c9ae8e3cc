namespace Anvil.Templates;

/// <summary>Sprig's functions of any value: defaults, choices, types.</summary>
internal static class ValueFunctions
{
    public static IEnumerable<Function> All() =>
    [
        Function.Own("default", "any any...", a => a.Count > 1 && Values.Truth(a[1]) ? a[1] : a[0]),
        Function.Own("empty", "any", a => !Values.Truth(a[0])),
        Function.Own("coalesce", "any...", a => a.All.FirstOrDefault(Values.Truth)),
        Function.Own("all", "any...", a => a.All.All(Values.Truth)),
        Function.Own("any", "any...", a => a.All.Any(Values.Truth)),
        Function.Own("ternary", "any any bool", a => a[2] is true ? a[0] : a[1]),
        Function.Own("kindOf", "any", a => Values.Kind(a[0])),
        Function.Of("kindIs", "text any", a => Values.Kind(a[1]) == a.Text(0)),
        Function.Own("typeOf", "any", a => Values.TypeOf(a[0])),
        Function.Of("typeIs", "text any", a => Values.TypeOf(a[1]) == a.Text(0)),
        Function.Of("typeIsLike", "text any",
            a => Values.TypeOf(a[1]) is var type && (type == a.Text(0) || type == "*" + a.Text(0))),
        Function.Own("deepEqual", "any any", a => new ValueComparer(a.Budget).Equals(a[0], a[1])),
        Function.Own("toString", "any", a => a.Shown(0)),
        Function.Own("hello", "", _ => "Hello!"),
        Function.Of("fail", "text", a => throw new TemplateFault(a.Text(0))),
        .. Function.Named("deepCopy mustDeepCopy", name => Function.Own(name, "any", a => MapFunctions.Copy(
            a[0] ?? throw new TemplateFault("reflect: call of reflect.Value.Type on zero Value"), a.Budget))),
    ];
}
