namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>Boot environments (DRP's BootEnv).</summary>
internal sealed class BootEnvKind() : CatalogKind<BootEnv>("bootenvs")
{
    private static readonly string[] BootTemplates = ["pxelinux", "pxelinux-mac", "ipxe", "ipxe-mac", "grub", "grub-mac"];

    /// <inheritdoc/>
    public override IReadOnlyList<Reference> References { get; } = [KindRules.Templates(d => ((BootEnv)d).Templates)];

    /// <inheritdoc/>
    public override BootEnv Empty(string key) => new() { Name = key };

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems(BootEnv document, BootEnv? old, CatalogSnapshot catalog)
        => KindRules.Bounded(ContentBounds.Of(document), () =>
    [
        .. KindRules.Name(document.Name, old),
        .. KindRules.TemplateInfos(document.Templates, pathNeeded: true),
        // What has gone since stands in the way of no other change (DRP refuses only what is written).
        .. References[0].Mistakes(old ?? Empty(document.Name), document, catalog.Find),
        .. KindRules.Parsed("BootParams", document.BootParams),
    ]);

    /// <inheritdoc/>
    protected override IEnumerable<string> Lacks(BootEnv document, CatalogIndexes indexes)
        => KindRules.Bounded(ContentBounds.Of(document), () => LacksWithin(document));

    private static IEnumerable<string> LacksWithin(BootEnv document)
    {
        if (document.NetBoots() && !document.Meta.ContainsKey("KernelIsLoader")
            && !document.Templates.Any(t => BootTemplates.Contains(t.Name, StringComparer.Ordinal)))
            yield return "bootenv: Missing ipxe, grub or pxelinux template";
        foreach (var problem in document.ArchitectureProblems()) yield return problem;
        foreach (var (arch, info) in document.OS.SupportedArchitectures)
        {
            if (info.Kernel.Length == 0) yield return $"bootenv: architecture {arch} has no kernel";
        }
    }

    /// <inheritdoc/>
    protected override bool ServesOthers(BootEnv old, BootEnv now) => old.OnlyUnknown != now.OnlyUnknown;
}
