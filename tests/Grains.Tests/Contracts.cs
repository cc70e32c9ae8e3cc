using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json.Serialization;
using Anvil.Contracts.Wire;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Network;
using Orleans.CodeGeneration;

namespace Anvil.Grains.Tests;

/// <summary>
/// The shape of all that silos tell each other and store, as text: interfaces, messages, and documents that travel as JSON.
/// </summary>
internal static class Contracts
{
    private static readonly Assembly[] Assemblies = [typeof(Anvil.Contracts.Reply).Assembly,
        typeof(Grains.Machines.MachineGrain).Assembly, typeof(Json).Assembly];

    /// <summary>Interfaces of grains.</summary>
    public static IEnumerable<Type> Interfaces() => Types().Where(t => t.IsInterface && typeof(IGrain).IsAssignableFrom(t));

    /// <summary>Messages that travel by the ids of their members.</summary>
    public static IEnumerable<Type> Messages() => Types().Where(t => t.GetCustomAttribute<GenerateSerializerAttribute>() is not null);

    /// <summary>The alias of a type or method; null for none.</summary>
    public static string? Alias(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>(inherit: false)?.Alias;

    /// <summary>Fields and properties of a message that are stored in it, and so need an id.</summary>
    public static IEnumerable<(MemberInfo Member, uint? Id, Type Type)> Members(Type message)
        => message.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            .Where(p => p.Name != "EqualityContract" && HasField(message, p))
            .Select(p => ((MemberInfo)p, p.GetCustomAttribute<IdAttribute>()?.Id, p.PropertyType));

    /// <summary>All shapes, one line each, sorted.</summary>
    public static string Text()
    {
        var text = new StringBuilder();
        foreach (var type in Interfaces().OrderBy(Alias, StringComparer.Ordinal))
        {
            text.AppendLine(CultureInfo.InvariantCulture,
                $"interface {Alias(type)} version {type.GetCustomAttribute<VersionAttribute>()?.Version ?? 0}");
            foreach (var method in type.GetMethods().OrderBy(Alias, StringComparer.Ordinal))
            {
                var parameters = string.Join(", ", method.GetParameters().Select(p => Name(p.ParameterType)));
                text.AppendLine(CultureInfo.InvariantCulture, $"  {Alias(type)}.{Alias(method)}({parameters}): {Name(method.ReturnType)}");
            }
        }

        foreach (var type in Messages().OrderBy(Alias, StringComparer.Ordinal))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"message {Alias(type)} = {type.Name}");
            if (type.IsEnum) Values(type);
            foreach (var (member, id, of) in Members(type).OrderBy(m => m.Id))
                text.AppendLine(CultureInfo.InvariantCulture, $"  {type.Name}.{id} {member.Name}: {Name(of)}");
        }

        foreach (var type in Documents().OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"json {type.FullName}");
            if (type.IsEnum) Values(type);
            foreach (var property in Fields(type).OrderBy(p => p.Name, StringComparer.Ordinal))
                text.AppendLine(CultureInfo.InvariantCulture, $"  {type.Name}.{property.Name}: {Name(property.PropertyType)}");
        }

        return text.ToString().ReplaceLineEndings("\n");

        void Values(Type type)
        {
            foreach (var value in Enum.GetValues(type))
                text.AppendLine(CultureInfo.InvariantCulture,
                    $"  {type.Name}.{Convert.ToInt64(value, CultureInfo.InvariantCulture)} {value}");
        }
    }

    /// <summary>Documents that travel as JSON or are stored: those of messages and of the databases, and what they are made of.</summary>
    private static IEnumerable<Type> Documents()
    {
        var found = new HashSet<Type>();
        var roots = Interfaces().SelectMany(i => i.GetMethods())
            .SelectMany(m => m.GetParameters().Select(p => p.ParameterType).Append(m.ReturnType))
            .Concat(Messages().SelectMany(Members).Select(m => m.Type))
            .Concat(Types().Where(t => t.IsSubclassOf(typeof(Document)) && !t.IsAbstract))
            .Append(typeof(MachineState))
            .Append(typeof(Lease));
        var rest = new Queue<Type>(roots.SelectMany(Parts));
        while (rest.TryDequeue(out var type))
        {
            if (!DocumentCopier.IsDocument(type) || type.GetCustomAttribute<GenerateSerializerAttribute>() is not null
                || !found.Add(type) || type.IsEnum) continue;
            foreach (var part in Fields(type).SelectMany(p => Parts(p.PropertyType))) rest.Enqueue(part);
        }

        return found.Where(t => t != typeof(Document));
    }

    private static IEnumerable<PropertyInfo> Fields(Type type)
        => type.GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Where(p => p.GetIndexParameters().Length == 0 && p.GetCustomAttribute<JsonIgnoreAttribute>() is null
                && p.Name is not ("Key" or "Prefix"));

    private static IEnumerable<Type> Parts(Type type)
        => type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts)
            : type.HasElementType ? Parts(type.GetElementType()!) : [type];

    private static bool HasField(Type type, PropertyInfo property)
        => type.GetField($"<{property.Name}>k__BackingField", BindingFlags.Instance | BindingFlags.NonPublic) is not null;

    private static IEnumerable<Type> Types()
        => Assemblies.SelectMany(a => a.GetTypes()).Where(t => t.FullName?.StartsWith("Anvil.", StringComparison.Ordinal) == true);

    private static string Name(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner) return Name(inner) + "?";
        if (type.IsArray) return Name(type.GetElementType()!) + "[]";
        if (!type.IsGenericType) return type.Name;
        var arguments = string.Join(", ", type.GetGenericArguments().Select(Name));
        return $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{arguments}>";
    }
}
