using Anvil.Provisioning.Files;

namespace Anvil.Provisioning.Tests.Files;

/// <summary>Archives are told by what is in them.</summary>
public sealed class ArchiveFormatTests
{
    [Theory]
    [InlineData(0, "#mtree\n./x type=file contents=/etc/passwd\n", ArchiveKind.Unknown)]
    [InlineData(0, "x type=file contents=/etc/passwd", ArchiveKind.Unknown)]
    [InlineData(0, "BZh91AY", ArchiveKind.Unknown)]
    [InlineData(0, "070701", ArchiveKind.Unknown)]
    [InlineData(0, "", ArchiveKind.Unknown)]
    [InlineData(32769, "CD001", ArchiveKind.Iso)]
    [InlineData(257, "ustar", ArchiveKind.Tar)]
    [InlineData(0, "PK\u0003\u0004", ArchiveKind.Zip)]
    public void AnArchiveIsToldByItsOwnOctets(int at, string text, ArchiveKind kind)
    {
        var head = new byte[ArchiveFormat.Head];
        for (var i = 0; i < text.Length; i++) head[at + i] = (byte)text[i];
        Assert.Equal(kind, ArchiveFormat.Of(head));
        Assert.Equal(kind is ArchiveKind.Iso ? ArchiveKind.Unknown : kind, ArchiveFormat.Of(head.AsSpan(0, 1000)));
    }

    [Fact]
    public void AnIsoIsOneWhateverItsBootProgramsLookLike()
    {
        var head = new byte[ArchiveFormat.Head];
        "#mtree\n"u8.CopyTo(head);
        "CD001"u8.CopyTo(head.AsSpan(ArchiveFormat.SystemArea + 1));
        Assert.Equal(ArchiveKind.Iso, ArchiveFormat.Of(head));
    }
}
