namespace Anvil.Templates;

/// <summary>Parts of a URL, which differ in the characters that are escaped.</summary>
internal enum UrlPart
{
    Path,
    Host,
    Zone,
    User,
    Query,
    Fragment,
}
