using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>What a machine boots: kernel, initial RAM disks, arguments and boot files (DRP's BootEnv).</summary>
public sealed record BootEnv : Document
{
    /// <summary>Unique name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>For people.</summary>
    public string Description { get; init => field = value ?? ""; } = "";

    /// <summary>For people, long.</summary>
    public string Documentation { get; init => field = value ?? ""; } = "";

    /// <summary>The operating system and its per-architecture files.</summary>
    public OsInfo OS { get; init => field = value ?? new(); } = new();

    /// <summary>Files rendered for machines.</summary>
    public IReadOnlyList<TemplateInfo> Templates { get; init => field = value ?? []; } = [];

    /// <summary>Kernel for amd64, when OS has no entry of its own.</summary>
    public string Kernel { get; init => field = value ?? ""; } = "";

    /// <summary>Initial RAM disks for amd64.</summary>
    public IReadOnlyList<string> Initrds { get; init => field = value ?? []; } = [];

    /// <summary>Kernel arguments; a template.</summary>
    public string BootParams { get; init => field = value ?? ""; } = "";

    /// <summary>Params that must resolve.</summary>
    public IReadOnlyList<string> RequiredParams { get; init => field = value ?? []; } = [];

    /// <summary>Params that may be used.</summary>
    public IReadOnlyList<string> OptionalParams { get; init => field = value ?? []; } = [];

    /// <summary>May only serve machines that are not known yet.</summary>
    public bool OnlyUnknown { get; init; }

    /// <summary>First boot program by firmware: 386-pcbios, 386-uefi, amd64-uefi, arm64-uefi.</summary>
    public Dictionary<string, string> Loaders { get; init => field = value ?? new(); } = new();

    /// <inheritdoc/>
    public override string Key => Name;

    /// <inheritdoc/>
    public override string Prefix => "bootenvs";
}
