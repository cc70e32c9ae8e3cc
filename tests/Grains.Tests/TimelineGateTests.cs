using Anvil.Contracts.Timeline;
using Anvil.Grains.Timeline;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Grains.Tests;

/// <summary>What is kept of what anybody can bring about: bounded for each, for all strangers together, and over time.</summary>
public sealed class TimelineGateTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly TimelineGate _gate;

    public TimelineGateTests() => _gate = new TimelineGate(_time);

    private TimelineEntry Line(string machine, string mac, string what, string source = "http")
        => new(_time.GetUtcNow(), machine, mac, source, what, "404", "");

    [Fact]
    public void MissesThatRepeatAreOneLineAndANumber()
    {
        Assert.Null(_gate.Refuse(Line("m", "", "GET x"), isMiss: true));
        for (var i = 0; i < 37; i++) Assert.Equal("repeated", _gate.Refuse(Line("m", "", "GET x"), isMiss: true));
        Assert.Null(_gate.Refuse(Line("m", "", "GET y"), isMiss: true));
        Assert.Empty(_gate.Due(isEnd: false, out _));
        _time.Advance(TimeSpan.FromMinutes(1));
        var line = Assert.Single(_gate.Due(isEnd: false, out _));
        Assert.Equal(("m", "GET x", "404, 37 times more within a minute"), (line.Machine, line.What, line.Outcome));
        Assert.Null(_gate.Refuse(Line("m", "", "GET x"), isMiss: true));
    }

    /// <summary>Anybody may ask to be registered.</summary>
    [Fact]
    public void RegistrationsAreCountedAsPacketsAre()
    {
        var kept = Enumerable.Range(0, 5000).Count(n => _gate.Refuse(Line("m", "", $"registration {n}", "api"), isMiss: false) is null);
        Assert.Equal(TimelineGate.MachineAtOnce, kept);
    }

    [Fact]
    public void AnotherReasonForTheSameMissIsTold()
    {
        var line = Line("m", "", "REQUEST", "dhcp");
        Assert.Null(_gate.Refuse(line with { Detail = "the subnet is disabled" }, isMiss: true));
        Assert.Equal("repeated", _gate.Refuse(line with { Detail = "the subnet is disabled" }, isMiss: true));
        Assert.Null(_gate.Refuse(line with { Detail = "the pool is exhausted" }, isMiss: true));
    }

    [Fact]
    public void WhatNoTimelineShowsIsNotKept()
    {
        Assert.Equal("nobody", _gate.Refuse(Line("", "", "GET x"), isMiss: true));
        Assert.Equal("nobody", _gate.Refuse(Line("", "", "x", "phase"), isMiss: false));
    }

    /// <summary>Two million packets of strangers within ten minutes, each with a MAC address of its own, or with few.</summary>
    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(50)]
    public void AFloodIsCountedAndNotKept(int macs)
    {
        var kept = 0;
        var told = 0L;
        for (var second = 0; second < 600; second++)
        {
            for (var i = 0; i < 3300; i++)
            {
                var mac = ((second * 3300L) + i) % macs;
                if (_gate.Refuse(Line("", $"mac{mac}", $"DISCOVER {i}", "dhcp"), isMiss: false) is null) kept++;
            }

            _time.Advance(TimeSpan.FromSeconds(1));
            kept += _gate.Due(isEnd: false, out var strangers).Count;
            told += strangers;
            // A machine that is known is told of beside it.
            if (second % 10 == 0) Assert.Null(_gate.Refuse(Line("m", "", $"DISCOVER {second}", "dhcp"), isMiss: false));
        }

        _gate.Due(isEnd: true, out var last);
        told += last;
        Assert.True(kept <= TimelineGate.StrangersAtOnce + (11 * TimelineGate.StrangersPerMinute), $"{kept} lines were kept");
        if (macs == 50) Assert.True(kept <= 50 * (TimelineGate.StrangerAtOnce + (12 * (TimelineGate.StrangerPerMinute + 1))));
        else Assert.True(told > 1_900_000, $"{told} lines were told of");
    }

    [Fact]
    public void OneMachinesLinesAreBoundedAndJobsAreNot()
    {
        var kept = Enumerable.Range(0, 100_000).Count(i => _gate.Refuse(Line("m", "", $"GET {i}"), isMiss: true) is null);
        Assert.Equal(TimelineGate.MachineAtOnce, kept);
        Assert.Null(_gate.Refuse(Line("m", "", "job", "job"), isMiss: false));
        Assert.Null(_gate.Refuse(Line("other", "", "GET 1"), isMiss: true));
        var line = Assert.Single(_gate.Due(isEnd: true, out _));
        Assert.Equal(("m", "99000 lines within a minute were counted, not kept"), (line.Machine, line.Outcome));
    }
}
