using System.Xml;
using Anvil.Provisioning.Sheets;

namespace Anvil.Gateway.Sheets;

/// <summary>The names that an XML reader keeps until its end: few, and short. It keeps each other one that a part makes up.</summary>
internal sealed class BoundedNames : NameTable
{
    private const int Most = 10_000;
    private const int Longest = 1024;
    private int _count;

    /// <inheritdoc/>
    public override string Add(string key) => Get(key) ?? Counted(key.Length, () => base.Add(key));

    /// <inheritdoc/>
    public override string Add(char[] key, int start, int len)
        => Get(key, start, len) ?? Counted(len, () => base.Add(key, start, len));

    private string Counted(int length, Func<string> add)
    {
        if (length > Longest) throw new SheetException($"the XLSX file has a name of more than {Longest} characters");
        if (++_count > Most) throw new SheetException($"a part of the XLSX file has more than {Most} names");
        return add();
    }
}
