namespace Anvil.Bench.Load;

/// <summary>A boot file of 50 MB.</summary>
internal static class LargeFile
{
    /// <summary>Its name.</summary>
    public const string Name = "image";

    /// <summary>Its length, in octets: no multiple of a block.</summary>
    public const int Length = 50_000_001;

    /// <summary>Writes it.</summary>
    public static void Write(string folder)
    {
        var content = new byte[Length];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(Path.Combine(folder, Name), content);
    }
}
