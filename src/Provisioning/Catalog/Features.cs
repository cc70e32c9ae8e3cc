namespace Anvil.Provisioning.Catalog;

/// <summary>The features that the API's info names (DRP): what clients adapt to, and what content packs ask for.</summary>
public static class Features
{
    /// <summary>All that Anvil has.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "api-v3", "sane-exit-codes", "job-exit-states", "workflows", "default-workflow",
        "http-range-header", "profileless-machine", "slim-objects", "sprig", "multiarch",
        "task-prerequisites", "partial-objects", "regex-string-filters", "change-stage-map", "stage-paramer",
        "package-repository-handling", "separate-meta-api", "roles", "tenants", "common-blob-size",
        "bundle-objects", "content-prerequisite-version-checking", "secure-params-in-content-packs", "overridable-bootloaders",
        "elevated-tasks",
    ];
}
