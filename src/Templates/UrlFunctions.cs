namespace Anvil.Templates;

/// <summary>Sprig's urlParse and urlJoin.</summary>
internal static class UrlFunctions
{
    public static IEnumerable<Function> All() =>
    [
        Function.Of("urlParse", "text", Parse),
        Function.Own("urlJoin", "map", Join),
    ];

    private static object? Parse(Arguments a)
    {
        a.Budget.MakeText(256 + (64L * a.Text(0).Length));
        a.Budget.MakeMap(16);
        var url = GoUrl.Parse(a.Text(0));
        return new TemplateMap
        {
            ["scheme"] = url.Scheme,
            ["host"] = url.Host,
            ["hostname"] = url.HostName,
            ["path"] = url.Path,
            ["query"] = url.Query,
            ["fragment"] = url.Fragment,
            ["userinfo"] = url.UserText,
            ["opaque"] = url.Opaque,
        };
    }

    private static object? Join(Arguments a)
    {
        string Part(string key)
        {
            if (!a.Map(0).TryGetValue(key, out var value)) return "";
            if (value is not string text)
                throw new TemplateFault($"unable to parse {key} key, must be of type string, but {Values.Kind(value)} found");
            a.Budget.MakeText(64L * text.Length);
            return text;
        }

        var user = Part("userinfo");
        return new GoUrl
        {
            Scheme = Part("scheme"),
            Host = Part("host"),
            Path = Part("path"),
            Query = Part("query"),
            Opaque = Part("opaque"),
            Fragment = Part("fragment"),
            User = user.Length > 0 ? GoUrl.Parse($"proto://{user}@host").User : null,
        }.ToString();
    }
}
