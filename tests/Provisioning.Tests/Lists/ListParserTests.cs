using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Tests.Lists;

/// <summary>What the list language reads, and what it refuses.</summary>
public sealed class ListParserTests
{
    private static readonly string[] Functions = ["Eq", "Ne", "Lt", "Lte", "Gt", "Gte", "In", "Nin", "Between", "Except", "Re"];

    [Theory]
    [InlineData("Colour=Eq(red)", "Filter not found: Colour")]
    [InlineData("name=x", "Filter not found: name")]
    [InlineData("=x", "Filter not found: ")]
    [InlineData("Secret=Re(^a)", "Filter not found: Secret")]
    [InlineData("undefined/param=1", "Filter not found: undefined/param")]
    [InlineData("secret/param=1", "Filter not found: secret/param")]
    [InlineData("params.secret/param=1", "Filter not found: params.secret/param")]
    [InlineData("params.=1", "Filter not found: params.")]
    [InlineData("sort=Colour", "Not sortable: Colour")]
    [InlineData("sort=", "Not sortable: ")]
    [InlineData("sort=Profiles", "Not sortable: Profiles")]
    [InlineData("sort=Name&sort=Name&sort=Name&sort=Name&sort=Name", "a list is sorted by at most 4 fields")]
    [InlineData("Name=Re(", "Name: Re( lacks its closing bracket")]
    [InlineData("Name=Re(case", "Name: Re( lacks its closing bracket")]
    [InlineData("Name=In(a,b", "Name: In( lacks its closing bracket")]
    [InlineData("Name=Re([)", "Name: Invalid pattern '[' at offset 1. Unterminated [] set.")]
    [InlineData("Name=Re((?=a))", "Name: a regular expression has no look-around, back references, atomic groups or conditions")]
    [InlineData("Name=Re((a)\\1)", "Name: a regular expression has no look-around, back references, atomic groups or conditions")]
    [InlineData("Name=Re((a{1000}){1000})", "Name: the regular expression repeats too much")]
    [InlineData("Runnable=Re(t)", "Runnable holds no text that Re() could match")]
    [InlineData("Name=Between(a)", "Between needs two values")]
    [InlineData("Name=Except(a,b,c)", "Except needs two values")]
    [InlineData("Profiles=Lt(a)", "Profiles has no order, so Lt says nothing of it")]
    [InlineData("Params=Between(a,b)", "Params has no order, so Between says nothing of it")]
    [InlineData("Runnable=maybe", "Runnable must be true or false")]
    [InlineData("Valid=1", "Valid must be true or false")]
    [InlineData("CurrentTask=one", "CurrentTask must be a number")]
    [InlineData("CurrentTask=Gt(1e999)", "CurrentTask must be a number")]
    [InlineData("CurrentTask=NaN", "CurrentTask must be a number")]
    [InlineData("CurrentTask=1,000", "CurrentTask must be a number")]
    [InlineData("Address=Between(198.51.100.1,elsewhere)", "Address must be an IPv4 address")]
    [InlineData("Address=Lt()", "Address must be an IPv4 address")]
    [InlineData("Address=010.0.0.1", "Address must be an IPv4 address")]
    [InlineData("HardwareAddrs=02:00", "HardwareAddrs must be a MAC address")]
    [InlineData("Uuid={0b3c6a8e-0000-4000-8000-000000000001}", "Uuid must be a UUID")]
    [InlineData("Boot.Since=yesterday", "Boot.Since must be a time (RFC 3339) or a date")]
    [InlineData("Boot.Since=12:30", "Boot.Since must be a time (RFC 3339) or a date")]
    [InlineData("Name=a\0", "Name cannot hold the character U+0000")]
    [InlineData("limit=1e3", "limit must be a number")]
    [InlineData("limit=", "limit must be a number")]
    [InlineData("limit=99999999999", "limit must be a number")]
    [InlineData("limit=-1", "Limit cannot be negative")]
    [InlineData("offset=-1", "Offset cannot be negative")]
    [InlineData("offset=x", "offset must be a number")]
    [InlineData("limit=1&limit=2", "limit has one value")]
    [InlineData("reverse=", "reverse must be true or false (1 or 0)")]
    [InlineData("reverse=yes", "reverse must be true or false (1 or 0)")]
    [InlineData("reverse=true&reverse=false", "reverse has one value")]
    [InlineData("force=True", "force must be true or false (1 or 0)")]
    [InlineData("noproxy=no", "noproxy must be true or false (1 or 0)")]
    [InlineData("aggregate=true", "Filter not found: aggregate")]
    [InlineData("after=x", "after is no place in a list")]
    [InlineData("after=e30", "after is a place in a list of another order")]
    [InlineData("after=bnVsbA", "after is no place in a list")]
    [InlineData("after=e30&offset=1", "after and offset exclude each other")]
    public void AMistakeIsRefusedWithItsReason(string query, string message)
    {
        var error = Assert.Throws<ApiException>(() => Parse(query)).Error;
        Assert.Equal(("machines", "GET", 406, message), (error.Model, error.Type, error.Code, Assert.Single(error.Messages)));
    }

    [Theory]
    [InlineData("slim=Name", "slim leaves out Meta and Params, not Name")]
    [InlineData("decode=maybe", "decode must be true or false (1 or 0)")]
    public void AViewThatIsNoneIsRefused(string query, string message)
        => Assert.Equal(message,
            Assert.Single(Assert.Throws<ApiException>(() => ListParser.View("machines", Words(query))).Error.Messages));

    [Theory]
    [InlineData("reverse=true", true)]
    [InlineData("reverse=1", true)]
    [InlineData("reverse=false", false)]
    [InlineData("reverse=0", false)]
    [InlineData("sort=Name", false)]
    public void ReverseIsWhatItSays(string query, bool reverse) => Assert.Equal(reverse, Parse(query).Reverse);

    [Fact]
    public void WhatIsTooMuchIsRefused()
    {
        string Message(string query) => Assert.Single(Assert.Throws<ApiException>(() => Parse(query)).Error.Messages);
        string Times(int count, Func<int, string> part, string between) => string.Join(between, Enumerable.Range(0, count).Select(part));
        Assert.Equal("a list is filtered by at most 32 fields", Message(Times(33, i => $"params.p{i}=1", "&")));
        Assert.Equal("Name has at most 64 alternatives", Message(Times(65, i => $"Name={i}", "&")));
        Assert.Equal("In has at most 1000 values", Message($"Name=In({Times(1001, i => $"{i}", ",")})"));
        Assert.Equal("the filters of a list have at most 1000 values",
            Message($"Name=In({Times(600, i => $"{i}", ",")})&Stage=In({Times(600, i => $"{i}", ",")})"));
        Assert.Equal("the filters of a list have at most 8 regular expressions", Message(Times(9, i => $"params.p{i}=Re(a)", "&")));
        Assert.Equal("a value of Name has at most 4096 characters", Message($"Name={new string('a', 4097)}"));
        Assert.Equal("Name: a regular expression has at most 512 characters", Message($"Name=Re({new string('a', 513)})"));
        Assert.Equal("Filter not found: " + new string('x', 300) + "…",
            Message($"params.{new string('x', 400)}=1".Replace("params.", "", StringComparison.Ordinal)));
        Assert.Equal("after is no place in a list", Message($"after={new string('a', 8193)}"));
    }

    [Theory]
    [InlineData("limit=2&offset=0&slim=Params,Meta")]
    [InlineData("Name=m1.example.com")]
    [InlineData("Name=Eq(m1.example.com)&sort=Name")]
    [InlineData("token=x&force=true&noproxy=1&decode=0&params=a,b&reverse=false")]
    public void WhatClientsOfDrpSendIsRead(string query)
    {
        Parse(query);
        ListParser.View("machines", Words(query));
    }

    [Theory]
    [InlineData("Foo(bar)", "Foo(bar)")]
    [InlineData("eq(a)", "eq(a)")]
    [InlineData("Eq", "Eq")]
    [InlineData("1(a)", "1(a)")]
    [InlineData("0,In(a)", "0,In(a)")]
    [InlineData("Eq(a,b)", "a,b")]
    [InlineData("Eq(Foo(b))", "Foo(b)")]
    [InlineData("Eq()", "")]
    public void WhatIsNoKnownFunctionIsPlainText(string text, string value)
    {
        var test = Assert.Single(Assert.Single(Parse($"Name={text}").Conditions).Any);
        Assert.Equal((ListFunction.Eq, value), (test.Function, Assert.Single(Assert.Single(test.Arguments)).Text));
    }

    [Fact]
    public void EveryKindHasItsFieldsKeyAndValid()
    {
        Assert.Equal(CatalogRules.Kinds.Keys.Order(StringComparer.Ordinal), CatalogFields.Tables.Keys.Order(StringComparer.Ordinal));
        foreach (var table in CatalogFields.Tables.Values.Append(CatalogFields.Leases).Append(MachineFields.Table).Append(JobFields.Table))
        {
            Assert.Equal(FieldKind.Truth, table["Valid"].Kind);
            Assert.Equal(table.Order[^1].Path, table["Key"].Path);
            Assert.DoesNotContain(table.Fields.Keys, f => f is "Secret" or "PasswordHash" or "Prefix");
        }

        Assert.Equal(FieldKind.Text, MachineFields.Table["Boot.Phase"].Kind);
        Assert.Equal(FieldKind.List, MachineFields.Table["Profiles"].Kind);
        Assert.False(MachineFields.Table.Fields.ContainsKey("Boot.IsResting"));
        Assert.False(CatalogFields.Tables["stages"].Fields.ContainsKey("Templates"));
    }

    [Fact]
    public Task NoQueryDoesHarm()
    {
        string[] names = [.. MachineFields.Table.Fields.Keys, "params.x", "x/y", "sort", "limit", "offset", "after", "slim", "params",
            "reverse", "bogus"];
        byte[] alphabet = "abcEqReIn(),.*+?[]{}|\\^$0123456789:-eTZ%\0é😀"u8.ToArray();
        var machine = new Machine { Uuid = "0b3c6a8e-0000-4000-8000-000000000001", Name = "abc", Address = "10.0.0.1" };
        var evaluator = new ListEvaluator(TimeProvider.System);
        return Anvil.Support.Fuzz.FixedAsync(random =>
        {
            var words = new List<KeyValuePair<string, IReadOnlyList<string>>>();
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                var value = System.Text.Encoding.UTF8.GetString(
                    [.. Enumerable.Range(0, random.Next(12)).Select(_ => alphabet[random.Next(alphabet.Length)])]);
                var function = random.Next(2) == 0 ? value
                    : $"{Functions[random.Next(Functions.Length)]}({value}{(random.Next(8) == 0 ? "" : ")")}";
                words.Add(KeyValuePair.Create(names[random.Next(names.Length)], (IReadOnlyList<string>)[function]));
            }

            try
            {
                var query = ListParser.Query(MachineFields.Table, words, name => name == "x/y" ? ParamUse.Known : ParamUse.Unknown);
                var page = evaluator.Page(query, [machine]);
                if (page.Next is not null) ListCursor.Read(query, page.Next);
                ListParser.View("machines", words);
            }
            catch (ApiException e)
            {
                Assert.Equal(406, e.Error.Code);
                Assert.DoesNotContain("System.", e.Error.Messages[0], StringComparison.Ordinal);
            }
        });
    }

    /// <summary>A query of machines, where x/y is a defined param and secret/param a secure one.</summary>
    internal static ListQuery Parse(string query)
        => ListParser.Query(MachineFields.Table, Words(query),
            name => name switch { "x/y" => ParamUse.Known, "secret/param" => ParamUse.Secret, _ => ParamUse.Unknown });

    /// <summary>Names and values of a query as it is written in a URL, not escaped.</summary>
    internal static IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> Words(string query)
        => query.Split('&').Where(w => w.Length > 0)
        .Select(w => (Name: w[..w.IndexOf('=', StringComparison.Ordinal)], Value: w[(w.IndexOf('=', StringComparison.Ordinal) + 1)..]))
        .GroupBy(w => w.Name, StringComparer.Ordinal)
        .Select(g => KeyValuePair.Create(g.Key, (IReadOnlyList<string>)[.. g.Select(w => w.Value)]));
}
