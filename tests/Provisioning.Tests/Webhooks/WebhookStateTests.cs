using System.Text;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Webhooks;

namespace Anvil.Provisioning.Tests.Webhooks;

/// <summary>How a delivery is tried, given up, and found again.</summary>
public sealed class WebhookStateTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly RetryBounds Bounds =
        new(5, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10), TimeSpan.FromHours(1));

    private static readonly WebhookState Sending = new()
    {
        Begins = "0-1",
        Place = "0-7",
        Pending = new PendingDelivery { Id = "d", From = "0-7", To = "0-9", Events = 2, First = Now },
    };

    [Fact]
    public void WaitsGrowToTheLongestAndHaveChance()
    {
        Assert.Equal([1, 2, 4, 5, 5], Enumerable.Range(1, 5).Select(n => Bounds.Wait(n, null, 0).TotalSeconds));
        Assert.Equal([2, 4, 8, 10, 10], Enumerable.Range(1, 5).Select(n => Bounds.Wait(n, null, 1).TotalSeconds));
        Assert.Equal(10, Bounds.Wait(int.MaxValue, null, 1).TotalSeconds);
        // What the receiver asks for counts, up to the longest.
        Assert.Equal(7, Bounds.Wait(1, TimeSpan.FromSeconds(7), 0).TotalSeconds);
        Assert.Equal(10, Bounds.Wait(1, TimeSpan.FromDays(7), 0).TotalSeconds);
        Assert.Equal(1, Bounds.Wait(1, TimeSpan.FromSeconds(-7), 0).TotalSeconds);
    }

    [Fact]
    public void ADeliveryIsGivenUpAfterItsAttempts()
    {
        var state = Sending;
        for (var attempt = 1; attempt < Bounds.Attempts; attempt++)
        {
            (state, var none) = state.Failed("no", Now.AddSeconds(attempt), Bounds, null, 1);
            Assert.Null(none);
            Assert.Equal(("0-7", "d", attempt), (state.Place, state.Pending!.Id, state.Pending.Attempts));
        }

        (state, var dead) = state.Failed(new string('x', 1000), Now.AddMinutes(1), Bounds, null, 1);
        Assert.Equal(("d", "0-7", "0-9", 2, Bounds.Attempts), (dead!.Id, dead.From, dead.To, dead.Events, dead.Attempts));
        Assert.Equal((Now.AddSeconds(1), Now.AddMinutes(1)), (dead.First, dead.Last));
        Assert.True(dead.Reason.Length <= WebhookState.LongestReason + 1);
        Assert.Null(state.Pending);
        Assert.Equal("0-9", state.Place);
        Assert.Equal([dead], state.DeadLetters);
    }

    [Fact]
    public void OrAfterItsTime()
    {
        var (state, dead) = Sending.Failed("no", Now, Bounds, null, 1);
        Assert.Null(dead);
        Assert.NotNull(state.Failed("no", Now.AddHours(1), Bounds, null, 1).Dead);
    }

    [Fact]
    public void TheOldestDeadLettersGo()
    {
        var state = Sending;
        for (var i = 0; i < WebhookState.MostDeadLetters + 5; i++)
            state = (state with { Pending = Sending.Pending! with { Id = $"{i}" } }).Failed("no", Now, Bounds with { Attempts = 1 }, null,
                0).State;
        Assert.Equal(Enumerable.Range(5, WebhookState.MostDeadLetters).Select(i => $"{i}"), state.DeadLetters.Select(d => d.Id));
        Assert.Equal("no more", state.Redelivered("9", "no more", 2, Now).DeadLetters.Single(d => d.Id == "9").Reason);
        Assert.DoesNotContain(state.Redelivered("9", "", 2, Now).DeadLetters, d => d.Id == "9");
        Assert.Equal(("0-8", 1), state.Shortened("9", "0-8", 1, Now).DeadLetters.Where(d => d.Id == "9").Select(d => (d.From, d.Events))
            .Single());
    }

    [Fact]
    public void WhatIsTakenMovesThePlaceOn()
    {
        var state = Sending.Taken(Now);
        Assert.Equal(("0-9", 2, Now), (state.Place, (int)state.Delivered, state.LastSuccess));
        Assert.Null(state.Pending);
    }

    [Fact]
    public void AnotherOneOfTheSameNameBeginsAnew()
    {
        Assert.Same(Sending, Sending.For("0-1", ""));
        Assert.Equal(("0-20", "0-20"), (Sending.For("0-20", "").Begins, Sending.For("0-20", "").Place));
        Assert.Null(Sending.For("0-20", "").Pending);
        Assert.Equal("0-99", new WebhookState().For("", "0-99").Place);
    }

    [Fact]
    public void ARowIsReadAsItWasWrittenAndADamagedOneIsNone()
    {
        var (state, _) = Sending.Failed("no", Now, Bounds, null, 1);
        var read = WebhookState.ReadStored(Encoding.UTF8.GetBytes(Json.Write(state)));
        Assert.Equal(Json.Write(state), Json.Write(read));
        Assert.Equal("", WebhookState.ReadStored("""{"Place":[1]}"""u8).Place);
        Assert.Equal("", WebhookState.ReadStored("torn"u8).Place);
        Assert.Equal("", WebhookState.ReadStored("null"u8).Place);
    }
}
