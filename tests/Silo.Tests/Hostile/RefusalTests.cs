using System.Text.Json;
using Anvil.Objects;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>
/// A refusal takes as long whether the object is there or not, since nothing is looked up that the requester may not reach.
/// </summary>
public sealed class RefusalTests
{
    private static readonly Claim Own = new("machines", "get,update:/Runnable", "mine");

    public static TheoryData<string, Claim[]> Strangers => new()
    {
        { "theirs", [] },
        { "Name:theirs", [Own] },
        { "theirs", [Own, new Claim("profiles", "*", "*")] },
        { "52:54:00:00:00:01", [Own] },
    };

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task NothingIsLookedUpForARefusal(string text, Claim[] claims)
    {
        var kind = new WatchedKind();
        var floor = new ObjectFloor([kind], null!, null!, null!);
        var request = new ObjectRequest(new Principal("who", PrincipalKind.User, claims), "/here");
        var none = TestContext.Current.CancellationToken;
        var patch = """[{"op":"add","path":"/Runnable","value":true},{"op":"add","path":"/Name","value":"x"}]"""u8.ToArray();
        var refusals = new Func<Task<ObjectAnswer>>[]
        {
            () => floor.GetAsync("machines", text, request, none),
            () => floor.GetAsync("machines", text, request with { Wait = TimeSpan.FromHours(1) }, none),
            () => floor.ReplaceAsync("machines", text, "{}"u8.ToArray(), request, none),
            () => floor.PatchAsync("machines", text, patch, request, none),
            () => floor.PatchAsync("machines", text, "[]"u8.ToArray(), request, none),
            () => floor.DeleteAsync("machines", text, request, none),
        };
        foreach (var refused in refusals)
        {
            var error = (await Assert.ThrowsAsync<ApiException>(refused)).Error;
            Assert.Equal(text, error.Key);
            Assert.True(error.Code is 403 or 404);
        }

        Assert.Empty(kind.LookedUp);
    }

    /// <summary>Notes what is looked up.</summary>
    private sealed class WatchedKind : IObjectKind
    {
        public List<string> LookedUp { get; } = [];

        public string Prefix => "machines";

        public Type Document => typeof(Machine);

        public FieldTable Fields => MachineFields.Table;

        public Task<FoundObject?> FindAsync(string text, ObjectRequest request, CancellationToken cancellation)
        {
            LookedUp.Add(text);
            return Task.FromResult<FoundObject?>(new FoundObject(new Machine { Uuid = text }, "1", text));
        }

        public Task<FoundObject?> FindAmongAsync(string text, IReadOnlyCollection<string> owners, ObjectRequest request,
            CancellationToken cancellation)
        {
            Assert.Equal(["mine"], owners);
            return Task.FromResult<FoundObject?>(null);
        }

        public Task<ListPage<Document>> ListAsync(ListQuery query, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<ChangedObject> CreateAsync(Document document, ObjectRequest request, CancellationToken cancellation)
            => throw new NotSupportedException();

        public Task<ChangedObject> ReplaceAsync(FoundObject found, Document document, ObjectRequest request,
            CancellationToken cancellation) => throw new NotSupportedException();

        public Task<ChangedObject> PatchAsync(FoundObject found, JsonElement patch, ObjectRequest request,
            CancellationToken cancellation) => throw new NotSupportedException();

        public Task<ChangedObject> DeleteAsync(FoundObject found, ObjectRequest request, CancellationToken cancellation)
            => throw new NotSupportedException();
    }
}
