using Anvil.Provisioning.Access;
using Anvil.Provisioning.Jobs;

namespace Anvil.Provisioning.Tests.Jobs;

/// <summary>Which openings of secure params are told, and which are counted.</summary>
public sealed class OpenedBookTests
{
    private static readonly SecretOpening Person = new("user ann", IsMachine: false, "machines:u", "GET /machines/u", ["a", "b"]);
    private static readonly SecretOpening Machine = new("machine u", IsMachine: true, "machines:u", "template t", ["a"]) { Source = "u" };

    [Fact]
    public void TheSameIsToldOnceInAWhileAndCountedBetween()
    {
        var book = new OpenedBook();
        Assert.Equal(0, book.Note(Person, TimeSpan.Zero));
        for (var minute = 1; minute < 10; minute++) Assert.Null(book.Note(Person, TimeSpan.FromMinutes(minute)));
        Assert.Equal(9, book.Note(Person, OpenedBook.While));
        Assert.Null(book.Note(Person with { Params = ["a"] }, OpenedBook.While));
    }

    [Fact]
    public void WhatIsNewIsToldAtOnce()
    {
        var book = new OpenedBook();
        Assert.Equal(0, book.Note(Person, TimeSpan.Zero));
        Assert.Equal(0, book.Note(Person with { Who = "user bob" }, TimeSpan.Zero));
        Assert.Equal(0, book.Note(Person with { Of = "machines:v" }, TimeSpan.Zero));
        Assert.Equal(0, book.Note(Person with { How = "GET /machines/u/params" }, TimeSpan.Zero));
        Assert.Null(book.Note(Person, TimeSpan.Zero));
        Assert.Equal(1, book.Note(Person with { Params = ["c"] }, TimeSpan.Zero));
        Assert.Null(book.Note(Person with { Params = ["a", "c"] }, TimeSpan.Zero));
    }

    [Fact]
    public void AMachineBringsAboutSoManyAndAPersonAny()
    {
        var book = new OpenedBook();
        for (var i = 0; i <= OpenedBook.MachineAtOnce; i++) Assert.Equal(0, book.Note(Machine with { How = $"job {i}" }, TimeSpan.Zero));
        for (var i = 0; i < 5; i++) Assert.Null(book.Note(Machine with { How = $"more {i}" }, TimeSpan.Zero));
        // So are those of its jobs; another machine, and a person, are told, and the machine's next line has the number.
        Assert.Null(book.Note(Machine with { Who = "job j (t) of machine u" }, TimeSpan.Zero));
        Assert.Equal(0, book.Note(Machine with { Who = "machine v", Source = "v" }, TimeSpan.Zero));
        for (var i = 0; i < 2 * OpenedBook.MachineAtOnce; i++)
            Assert.Equal(0, book.Note(Person with { Of = $"machines:{i}" }, TimeSpan.Zero));
        Assert.Equal(6, book.Note(Machine with { How = "later" }, TimeSpan.FromHours(1)));
    }

    [Fact]
    public void WhatIsForgottenIsToldAnew()
    {
        var book = new OpenedBook();
        book.Note(Person, TimeSpan.Zero);
        Assert.Null(book.Note(Person, TimeSpan.Zero));
        for (var i = 0; i < OpenedBook.Most; i++) Assert.Equal(0, book.Note(Person with { Of = $"profiles:{i}" }, TimeSpan.Zero));
        Assert.Equal(0, book.Note(Person, TimeSpan.Zero));
    }

    /// <summary>Two lists of as many objects that begin alike are two.</summary>
    [Fact]
    public void ListsOfOtherObjectsAreOthers()
    {
        var book = new OpenedBook();
        Assert.Equal(0, book.Note(Listed("machines:a", "machines:b"), TimeSpan.Zero));
        Assert.Equal(0, book.Note(Listed("machines:a", "machines:c"), TimeSpan.Zero));
        Assert.Null(book.Note(Listed("machines:a", "machines:b"), TimeSpan.Zero));

        static SecretOpening Listed(params string[] objects)
            => Person with { Of = $"{objects.Length} objects, {objects[0]} and others", Which = string.Join('\n', objects) };
    }

    [Fact]
    public void WhoAskedIsNamed()
    {
        var machine = new Principal("u", PrincipalKind.Machine, []);
        Assert.Equal("user ann", SecretOpening.Named(new Principal("ann", PrincipalKind.User, [])));
        Assert.Equal("machine u", SecretOpening.Named(machine));
        Assert.Equal("job j (t) of machine u", SecretOpening.Named(machine with { Job = "j", Task = "t" }));
    }
}
