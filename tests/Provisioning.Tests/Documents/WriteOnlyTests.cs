using System.Text.Json;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Tests.Documents;

/// <summary>Fields that patches may write and not look at.</summary>
public sealed class WriteOnlyTests
{
    [Theory]
    [InlineData("""[{"op":"test","path":"/Secret","value":""}]""", false)]
    [InlineData("""[{"op":"test","path":"/Secret/0","value":""}]""", false)]
    [InlineData("""[{"op":"copy","from":"/Secret","path":"/Description"}]""", false)]
    [InlineData("""[{"op":"move","from":"/Secret","path":"/Description"}]""", false)]
    [InlineData("""[{"op":"add","path":"/Description","value":""},{"op":"copy","from":"/Secret","path":"/Meta/x"}]""", false)]
    [InlineData("""[{"op":"replace","path":"/Secret","value":"s"}]""", true)]
    [InlineData("""[{"op":"add","path":"/Secret","value":"s"}]""", true)]
    [InlineData("""[{"op":"copy","from":"/Description","path":"/Secret"}]""", true)]
    [InlineData("""[{"op":"test","path":"/Secrets","value":""}]""", true)]
    [InlineData("""[{"op":"test","path":"/Meta/Secret","value":""}]""", true)]
    [InlineData("""[5,{"op":"test"},{"op":5,"path":5},{"op":"test","path":""}]""", true)]
    [InlineData("5", true)]
    public void NoOperationLooksAtThem(string patch, bool isTaken)
    {
        using var read = JsonDocument.Parse(patch);
        void Check() => JsonPatch.CheckReads(read.RootElement, new HashSet<string>(StringComparer.Ordinal) { "Secret" }, "users", "u");
        if (isTaken) Check();
        else Assert.Equal(409, Assert.Throws<ApiException>(Check).Error.Code);
    }
}
