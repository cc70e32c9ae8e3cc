namespace Anvil.Contracts.Files;

/// <summary>How far an edge is with an ISO.</summary>
/// <param name="Iso">The ISO.</param>
/// <param name="Sha256">SHA-256 of its content.</param>
/// <param name="Folder">The folder that it becomes, below the file root.</param>
/// <param name="State">waiting, fetching, exploding, done or failed.</param>
/// <param name="Octets">Octets that are unpacked.</param>
/// <param name="Size">Octets of the ISO: about what comes out of it.</param>
/// <param name="Files">Files, folders and links that are unpacked.</param>
/// <param name="Reason">Why it failed; "" else.</param>
[GenerateSerializer, Immutable, Alias("anvil.ExplosionReport")]
public sealed record ExplosionReport([property: Id(0)] string Iso, [property: Id(1)] string Sha256, [property: Id(2)] string Folder,
    [property: Id(3)] string State, [property: Id(4)] long Octets, [property: Id(5)] long Size, [property: Id(6)] long Files,
    [property: Id(7)] string Reason)
{
    /// <summary>It waits for its turn.</summary>
    public const string Waiting = "waiting";

    /// <summary>Its content comes from another silo.</summary>
    public const string Fetching = "fetching";

    /// <summary>It is being unpacked.</summary>
    public const string Exploding = "exploding";

    /// <summary>Its folder is there.</summary>
    public const string Done = "done";

    /// <summary>It failed, and is tried again later.</summary>
    public const string Failed = "failed";

    /// <summary>What is told of it in one line.</summary>
    public string Text => State switch
    {
        Failed => $"ISO {Iso} could not be exploded into {Folder}: {Reason}",
        Exploding => $"ISO {Iso} is being exploded into {Folder}: {Percent} % ({Files} files)",
        Done => $"ISO {Iso} is exploded into {Folder}: {Files} files, {Octets} octets",
        _ => $"ISO {Iso} is to be exploded into {Folder}: {State}",
    };

    /// <summary>How much of it is unpacked, in hundredths.</summary>
    public long Percent => State == Done ? 100 : Size <= 0 ? 0 : Math.Min(99, Octets * 100 / Size);
}
