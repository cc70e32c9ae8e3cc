using System.Globalization;

namespace Anvil.Agent.Facts;

/// <summary>What the kernel says of its devices, a file for each fact.</summary>
internal static class SysFile
{
    /// <summary>A file's text without the blanks around it; "" when there is none, or none can be had.</summary>
    public static string Read(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path).Trim() : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Some attributes (the speed of a link that is down) answer with an error instead of a value.
            return "";
        }
    }

    /// <summary>A whole number; 0 for what is none.</summary>
    public static long Number(string text)
        => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) ? n : 0;

    /// <summary>The name of what a link leads to; "" for what is none.</summary>
    public static string LinkName(string path) => new DirectoryInfo(path).LinkTarget is { } target ? Path.GetFileName(target) : "";

    /// <summary>Where a path leads once the links at its end are followed; itself when it is none, null when they lead nowhere.</summary>
    public static string? Target(string path)
    {
        try
        {
            var target = new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;
            return File.Exists(target) || Directory.Exists(target) ? Path.GetFullPath(target) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
