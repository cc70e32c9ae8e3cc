namespace Anvil.Provisioning.Files;

/// <summary>What uploaded files may come to, whatever the settings of a silo say of octets.</summary>
public static class FileBounds
{
    /// <summary>Most files, and most ISOs: every silo has the list of them in memory.</summary>
    public const int Most = 10_000;

    /// <summary>Most characters of a path: with its kind before it, it is still a boot file's path.</summary>
    public const int LongestPath = 480;

    /// <summary>Most octets of one part of a path (NAME_MAX of Linux' file systems).</summary>
    public const int LongestName = 255;

    /// <summary>Most parts of a path.</summary>
    public const int Deepest = 16;

    /// <summary>Uploads at once of one user or machine, by whichever tokens.</summary>
    public const int UploadsOfOne = 4;

    /// <summary>Archives of uploads that are exploded at once by one gateway; more wait.</summary>
    public const int ExplodedAtOnce = 2;

    /// <summary>Uploads at once to one gateway.</summary>
    public const int Uploads = 32;

    /// <summary>Uploads of one user that were broken off and can be gone on with.</summary>
    public const int Unfinished = 16;

    /// <summary>How long an upload may take.</summary>
    public static readonly TimeSpan LongestUpload = TimeSpan.FromHours(24);

    /// <summary>How long one that was broken off is kept to be gone on with.</summary>
    public static readonly TimeSpan UnfinishedKept = TimeSpan.FromHours(24);

    /// <summary>How long a content is held of which it is not known whether the catalog came to name it.</summary>
    public static readonly TimeSpan HeldInDoubt = TimeSpan.FromMinutes(10);

    /// <summary>Most files of an archive that becomes files of their own (`explode=true`).</summary>
    public const int ExplodedFiles = 1_000;
}
