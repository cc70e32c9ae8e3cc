using Anvil.Contracts.Catalog;
using Anvil.Objects.Verbs;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Silo.Tests;

/// <summary>How much of logs machines may send, one and all together.</summary>
public sealed class LogAllowanceTests : ICatalog
{
    private const int Piece = 16 << 20;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly LogAllowance _allowance;

    public LogAllowanceTests() => _allowance = new LogAllowance(this, _time);

    public CatalogSnapshot Current { get; } = new(1, [new Pref { Name = "keepJobLogsMiB", Val = "1024" }]);

    public Task<CatalogSnapshot> AtLeastAsync(long revision, CancellationToken cancellation) => Task.FromResult(Current);

    private static Principal Machine(int number, bool isUnapproved = false)
        => new($"machine {number}", PrincipalKind.Machine, []) { IsUnapproved = isUnapproved };

    /// <summary>Pieces that machines with numbers from one on take, each as many as it may.</summary>
    private int Taken(int from, int machines, bool isUnapproved, out ApiException last)
    {
        var pieces = 0;
        last = null!;
        for (var number = from; number < from + machines; number++)
        {
            try
            {
                for (; ; pieces++) _allowance.Take(Machine(number, isUnapproved), Piece);
            }
            catch (ApiException e)
            {
                last = e;
            }
        }

        return pieces;
    }

    [Fact]
    public void StrangersTogetherSendAnEighthOfWhatIsKeptAndTakeNothingFromTheOthers()
    {
        Assert.Equal(1024 / 16 / 8, Taken(0, 100, isUnapproved: true, out var refused));
        Assert.Equal((429, "machines that nobody has approved of have sent 128 MiB of logs within an hour: no more for now"),
            (refused.Error.Code, refused.Error.Messages[0]));
        Assert.Equal(1024 / 16, Taken(200, 100, isUnapproved: false, out refused));
        Assert.Equal("all machines have sent 1024 MiB of logs within an hour: no more for now", refused.Error.Messages[0]);
        _allowance.Take(new Principal("somebody", PrincipalKind.User, []), Piece);
        _time.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal(1024 / 16 / 2, Taken(400, 100, isUnapproved: false, out _));
    }

    [Fact]
    public void OneMachineHasItsShare()
    {
        Assert.Equal((int)(LogAllowance.OfMachine / Piece), Taken(0, 1, isUnapproved: false, out var refused));
        Assert.Equal("machine machine 0 has sent 256 MiB of logs within an hour: no more for now", refused.Error.Messages[0]);
        Assert.Equal((int)(LogAllowance.OfUnapproved / Piece), Taken(1, 1, isUnapproved: true, out _));
    }
}
