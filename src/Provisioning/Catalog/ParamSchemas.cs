using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog.Schemas;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// Checks values against the JSON schemas of params, within <see cref="SchemaLimits"/>; compiled schemas are kept by the hash of their
/// text. Texts are those of DRP, and
/// never show the value of a param that is Secure.
/// </summary>
public sealed class ParamSchemas
{
    private const int LongestValue = 100;
    private readonly ConcurrentDictionary<string, (SchemaNode? Schema, string? Problem)> _compiled = new(StringComparer.Ordinal);
    private long _octets;

    /// <summary>
    /// What is wrong with a value; null when it fits, or when there is no such param. A sealed value of a Secure param is taken as it is:
    /// whoever seals or opens
    /// it checks what is inside.
    /// </summary>
    public string? Problem(string name, JsonElement value, CatalogSnapshot catalog)
        => catalog.Params.TryGetValue(name, out var param) && !(param.Secure && SecureParams.IsSealed(value))
            ? Problem(name, value, param.Schema, param.Secure) : null;

    /// <summary>What is wrong with a value under a schema.</summary>
    /// <param name="name">The param.</param>
    /// <param name="value">The value, in clear.</param>
    /// <param name="schema">The schema; none at all or null takes every value.</param>
    /// <param name="secure">True: nothing of the value is shown.</param>
    public string? Problem(string name, JsonElement value, JsonElement schema, bool secure = false)
    {
        var (errors, unusable) = Check(value, schema, secure);
        if (unusable is not null) return $"Key '{name}': the schema cannot be used: {unusable}";
        return errors is null ? null
            : secure ? $"Key '{name}': invalid val: {errors}" : $"Key '{name}': invalid val '{Shorten(value)}': : {errors}";
    }

    /// <summary>What is wrong with a param's schema, or with its default under it.</summary>
    public IEnumerable<string> Problems(Param param)
    {
        if (SchemaProblem(param.Schema) is { } unusable) return [$"Schema: {unusable}"];
        if (param.HasSecretDefault())
            return ["Schema: a secure param has no default, as everybody may read it here: set the value on a profile"];
        if (param.Schema.ValueKind != JsonValueKind.Object || !param.Schema.TryGetProperty(Secrets.Default, out var value)) return [];
        return Check(value, param.Schema, secure: false).Errors is { } errors ? [$"Error in default value: {errors}"] : [];
    }

    /// <summary>What keeps a schema from being used, with the JSON pointer within it; null when nothing does.</summary>
    public string? SchemaProblem(JsonElement schema) => Compiled(schema).Problem;

    private (string? Errors, string? Unusable) Check(JsonElement value, JsonElement schema, bool secure)
    {
        var (compiled, problem) = Compiled(schema);
        if (compiled is null) return (null, problem);
        var run = new SchemaRun();
        try
        {
            if (run.Check(compiled, value, SchemaPlace.Root)) return (null, null);
        }
        catch (SchemaOverrun e)
        {
            return ($"{SchemaPlace.Root}: {e.Message}", null);
        }
        finally
        {
            if (run.PatternOctets > 0) Keep(run.PatternOctets);
        }

        // Names within a secret are part of it.
        return (secure ? "it does not keep " + string.Join(", ", run.Errors.Select(e => e.Keyword).Distinct(StringComparer.Ordinal))
            : string.Join("; ", run.Errors.Select(e => e.Text)), null);
    }

    private (SchemaNode? Schema, string? Problem) Compiled(JsonElement schema)
    {
        if (schema.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null) return (new SchemaNode(), null);
        var octets = JsonMarshal.GetRawUtf8Value(schema);
        if (octets.Length > SchemaLimits.Octets) return Compile(schema);
        var name = Convert.ToHexString(SHA256.HashData(octets));
        if (_compiled.TryGetValue(name, out var known)) return known;
        Keep(octets.Length);
        return _compiled[name] = Compile(schema);
    }

    /// <summary>Counts what is kept; beyond the bound nothing is any more.</summary>
    private void Keep(long octets)
    {
        if (Interlocked.Add(ref _octets, octets) <= SchemaLimits.KeptOctets) return;
        _compiled.Clear();
        Interlocked.Exchange(ref _octets, 0);
    }

    private static (SchemaNode? Schema, string? Problem) Compile(JsonElement schema)
    {
        try
        {
            return (SchemaCompiler.Compile(schema), null);
        }
        catch (SchemaFault e)
        {
            return (null, e.Message);
        }
    }

    private static string Shorten(JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        return text.Length <= LongestValue ? text : text[..LongestValue] + "…";
    }
}
