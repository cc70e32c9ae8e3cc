using System.Globalization;
using System.Text;

namespace Anvil.Templates;

/// <summary>URLs, as Go's net/url takes them apart and puts them together.</summary>
public sealed class GoUrl
{
    /// <summary>What stands before the first colon, in small letters.</summary>
    public string Scheme { get; init; } = "";

    /// <summary>What follows the scheme where that is no path.</summary>
    public string Opaque { get; set; } = "";

    /// <summary>The user with what stands before @, unescaped; null when there is none.</summary>
    public (string Name, string? Password)? User { get; set; }

    /// <summary>The host, with its port where it has one.</summary>
    public string Host { get; set; } = "";

    /// <summary>The path, unescaped.</summary>
    public string Path { get; set; } = "";

    /// <summary>What follows the question mark, as it was written.</summary>
    public string Query { get; set; } = "";

    /// <summary>What follows #, unescaped.</summary>
    public string Fragment { get; set; } = "";

    /// <summary>The host without its port and an address's brackets.</summary>
    public string HostName
    {
        get
        {
            var colon = Host.LastIndexOf(':');
            var host = colon >= 0 && !Host.AsSpan(colon + 1).ContainsAnyExceptInRange('0', '9') ? Host[..colon] : Host;
            return host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host;
        }
    }

    /// <summary>The user with what stands before @, escaped; "" when there is none.</summary>
    public string UserText => User is not { } user ? ""
        : Escape(user.Name, UrlPart.User) + (user.Password is { } password ? ":" + Escape(password, UrlPart.User) : "");

    private bool IsHostless { get; set; }

    private bool HasEmptyQuery { get; set; }

    /// <summary>The path as it was written, where that is not how it would be escaped.</summary>
    private string RawPath { get; set; } = "";

    /// <summary>Takes a URL apart.</summary>
    /// <exception cref="TemplateFault">It is none.</exception>
    public static GoUrl Parse(string text)
    {
        var hash = text.IndexOf('#', StringComparison.Ordinal);
        var main = hash < 0 ? text : text[..hash];
        try
        {
            var url = ParseMain(main);
            if (hash >= 0) url.Fragment = Unescape(text[(hash + 1)..], UrlPart.Fragment);
            return url;
        }
        catch (TemplateFault e)
        {
            throw new TemplateFault($"unable to parse url: parse {GoQuote.Text(main)}: {e.Message}");
        }
    }

    /// <summary>A text with the octets escaped that mean something in a part of a URL.</summary>
    internal static string Escape(string text, UrlPart part)
    {
        var output = new StringBuilder(text.Length + 16);
        foreach (var octet in GoText.Bytes(text))
        {
            if (octet == ' ' && part == UrlPart.Query) output.Append('+');
            else if (IsEscaped(octet, part)) output.Append('%').Append(octet.ToString("X2", CultureInfo.InvariantCulture));
            else output.Append((char)octet);
        }

        return output.ToString();
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new StringBuilder();
        if (Scheme.Length > 0) text.Append(Scheme).Append(':');
        if (Opaque.Length > 0)
        {
            text.Append(Opaque);
        }
        else
        {
            var isHostless = IsHostless && Host.Length == 0 && User is null;
            if ((Scheme.Length > 0 || Host.Length > 0 || User is not null) && !isHostless)
            {
                if (Host.Length > 0 || Path.Length > 0 || User is not null) text.Append("//");
                if (User is not null) text.Append(UserText).Append('@');
                text.Append(Escape(Host, UrlPart.Host));
            }

            var path = RawPath.Length > 0 ? RawPath : Path == "*" ? "*" : Escape(Path, UrlPart.Path);
            if (path.Length > 0 && path[0] != '/' && Host.Length > 0) text.Append('/');
            if (text.Length == 0 && path.Split('/', 2)[0].Contains(':', StringComparison.Ordinal)) text.Append("./");
            text.Append(path);
        }

        if (HasEmptyQuery || Query.Length > 0) text.Append('?').Append(Query);
        if (Fragment.Length > 0) text.Append('#').Append(Escape(Fragment, UrlPart.Fragment));
        return text.ToString();
    }

    private static GoUrl ParseMain(string text)
    {
        if (text.AsSpan().ContainsAnyInRange('\0', '\u001F') || text.Contains('\u007F', StringComparison.Ordinal))
            throw new TemplateFault("net/url: invalid control character in URL");
        if (text == "*") return new GoUrl { Path = "*" };
        var (scheme, rest) = TakeScheme(text);
        var url = new GoUrl { Scheme = scheme.ToLowerInvariant() };
        var mark = rest.IndexOf('?', StringComparison.Ordinal);
        if (mark >= 0)
        {
            url.HasEmptyQuery = mark == rest.Length - 1;
            url.Query = rest[(mark + 1)..];
            rest = rest[..mark];
        }

        if (!rest.StartsWith('/'))
        {
            if (url.Scheme.Length > 0)
            {
                url.Opaque = rest;
                return url;
            }

            if (rest.Split('/', 2)[0].Contains(':', StringComparison.Ordinal))
                throw new TemplateFault("first path segment in URL cannot contain colon");
        }

        if (rest.StartsWith("//", StringComparison.Ordinal)
            && (url.Scheme.Length > 0 || !rest.StartsWith("///", StringComparison.Ordinal)))
        {
            var slash = rest.IndexOf('/', 2);
            url.ParseAuthority(slash < 0 ? rest[2..] : rest[2..slash]);
            rest = slash < 0 ? "" : rest[slash..];
        }
        else if (url.Scheme.Length > 0 && rest.StartsWith('/'))
        {
            url.IsHostless = true;
        }

        url.Path = Unescape(rest, UrlPart.Path);
        if (Escape(url.Path, UrlPart.Path) != rest) url.RawPath = rest;
        return url;
    }

    private static (string Scheme, string After) TakeScheme(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsAsciiLetter(c)) continue;
            if (char.IsAsciiDigit(c) || c is '+' or '-' or '.')
            {
                if (i == 0) break;
            }
            else if (c == ':')
            {
                return i > 0 ? (text[..i], text[(i + 1)..]) : throw new TemplateFault("missing protocol scheme");
            }
            else
            {
                break;
            }
        }

        return ("", text);
    }

    private void ParseAuthority(string text)
    {
        var at = text.LastIndexOf('@');
        Host = ParseHost(text[(at + 1)..]);
        if (at < 0) return;
        var user = text[..at];
        if (user.Any(c => !(char.IsAsciiLetterOrDigit(c) || "-._:~!$&'()*+,;=%@".Contains(c, StringComparison.Ordinal))))
            throw new TemplateFault("net/url: invalid userinfo");
        var colon = user.IndexOf(':', StringComparison.Ordinal);
        User = (Unescape(colon < 0 ? user : user[..colon], UrlPart.User), colon < 0 ? null : Unescape(user[(colon + 1)..], UrlPart.User));
    }

    private static string ParseHost(string host)
    {
        if (host.StartsWith('['))
        {
            var close = host.LastIndexOf(']');
            if (close < 0) throw new TemplateFault("missing ']' in host");
            CheckPort(host[(close + 1)..]);
            var zone = host[..close].IndexOf("%25", StringComparison.Ordinal);
            if (zone >= 0)
            {
                return Unescape(host[..zone], UrlPart.Host) + Unescape(host[zone..close], UrlPart.Zone)
                    + Unescape(host[close..], UrlPart.Host);
            }
        }
        else if (host.LastIndexOf(':') is >= 0 and var colon)
        {
            CheckPort(host[colon..]);
        }

        return Unescape(host, UrlPart.Host);
    }

    private static void CheckPort(string port)
    {
        if (port.Length > 0 && (port[0] != ':' || port.AsSpan(1).ContainsAnyExceptInRange('0', '9')))
            throw new TemplateFault($"invalid port {GoQuote.Text(port)} after host");
    }

    private static string Unescape(string text, UrlPart part)
    {
        var octets = GoText.Bytes(text);
        var output = new List<byte>(octets.Length);
        for (var i = 0; i < octets.Length; i++)
        {
            var octet = octets[i];
            if (octet != '%')
            {
                if (part is UrlPart.Host or UrlPart.Zone && octet < 0x80 && IsEscaped(octet, part))
                    throw new TemplateFault($"invalid character {GoQuote.Text(((char)octet).ToString())} in host name");
                output.Add(octet);
                continue;
            }

            var code = Encoding.Latin1.GetString(octets, i, Math.Min(3, octets.Length - i));
            if (code.Length < 3 || !char.IsAsciiHexDigit(code[1]) || !char.IsAsciiHexDigit(code[2]))
                throw new TemplateFault($"invalid URL escape {GoQuote.Text(code)}");
            var value = Convert.ToByte(code[1..], 16);
            if (code != "%25" && ((part == UrlPart.Host && value < 0x80)
                || (part == UrlPart.Zone && value != ' ' && IsEscaped(value, UrlPart.Host))))
                throw new TemplateFault($"invalid URL escape {GoQuote.Text(code)}");
            output.Add(value);
            i += 2;
        }

        return GoText.From([.. output]);
    }

    private static bool IsEscaped(byte octet, UrlPart part)
    {
        if (octet >= 0x80) return true;
        var c = (char)octet;
        if (char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '~') return false;
        const string Reserved = "$&+,/:;=?@";
        return part switch
        {
            UrlPart.Host or UrlPart.Zone => !"!$&'()*+,;=:[]<>\"".Contains(c, StringComparison.Ordinal),
            UrlPart.Path => c == '?' || !Reserved.Contains(c, StringComparison.Ordinal),
            UrlPart.User => c is '@' or '/' or '?' or ':' || !Reserved.Contains(c, StringComparison.Ordinal),
            UrlPart.Fragment => !Reserved.Contains(c, StringComparison.Ordinal) && c is not ('!' or '(' or ')' or '*'),
            _ => true,
        };
    }
}
