using System.Collections.Frozen;
using System.Reflection;
using System.Reflection.Emit;

namespace Anvil.Support;

/// <summary>
/// What the types of an assembly use, read off its metadata and its methods' instructions (ECMA-335 III): no spelling in the source hides
/// anything from it. Constants are the one exception, since compilers put their values in place of their names.
/// </summary>
public static class AssemblyUses
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static
        | BindingFlags.DeclaredOnly;

    private const byte TwoOctets = 0xFE;

    private static readonly FrozenDictionary<short, OpCode> Codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!).ToFrozenDictionary(c => c.Value);

    /// <summary>Every type of an assembly, by the type that stands in a file, with each type, method or field that it uses.</summary>
    public static IEnumerable<(Type User, MemberInfo Used)> Of(Assembly assembly)
        => assembly.GetTypes().SelectMany(type => UsesOf(type).Select(used => (Outermost(type), used))).Distinct();

    /// <summary>As <see cref="Of"/>, types alone: that of each member, too.</summary>
    public static IEnumerable<(Type User, Type Used)> TypesOf(Assembly assembly)
        => Of(assembly).Select(u => (u.User, u.Used as Type ?? u.Used.DeclaringType)).Where(u => u.Item2 is not null)
            .Select(u => (u.User, u.Item2!)).Distinct();

    private static Type Outermost(Type type)
    {
        while (type.DeclaringType is { } outer) type = outer;
        return type;
    }

    private static IEnumerable<MemberInfo> UsesOf(Type type)
    {
        if (type.BaseType is { } parent) yield return parent;
        IEnumerable<Type> named =
        [
            .. Parts(type.BaseType), .. type.GetInterfaces().SelectMany(Parts), .. AttributesOf(type),
            .. type.GetFields(Declared).SelectMany(f => Parts(f.FieldType).Concat(AttributesOf(f))),
            .. type.GetProperties(Declared).SelectMany(AttributesOf),
        ];
        foreach (var used in named) yield return used;
        foreach (var method in type.GetMethods(Declared).Cast<MethodBase>().Concat(type.GetConstructors(Declared)))
        {
            foreach (var used in Signature(method).Concat(AttributesOf(method))) yield return used;
            if (method.GetMethodBody() is not { } body) continue;
            foreach (var local in body.LocalVariables.SelectMany(l => Parts(l.LocalType))) yield return local;
            foreach (var caught in body.ExceptionHandlingClauses.Where(c => c.Flags == ExceptionHandlingClauseOptions.Clause)
                .SelectMany(c => Parts(c.CatchType))) yield return caught;
            foreach (var used in Named(method, body.GetILAsByteArray() ?? []).SelectMany(With)) yield return used;
        }
    }

    private static IEnumerable<Type> AttributesOf(MemberInfo member)
        => member.GetCustomAttributesData().SelectMany(a => Parts(a.AttributeType)
            .Concat(a.ConstructorArguments.Select(c => c.Value).OfType<Type>().SelectMany(Parts)));

    private static IEnumerable<Type> Signature(MethodBase method)
        => method.GetParameters().SelectMany(p => Parts(p.ParameterType)).Concat(Parts((method as MethodInfo)?.ReturnType))
            .Concat(method.IsGenericMethod ? method.GetGenericArguments().SelectMany(Parts) : []);

    private static IEnumerable<MemberInfo> With(MemberInfo member)
        => Parts(member as Type ?? member.DeclaringType).Concat(member switch
        {
            MethodBase method => Signature(method),
            FieldInfo field => Parts(field.FieldType),
            _ => [],
        }).Append(member);

    /// <summary>A type with the types that it is made of.</summary>
    private static IEnumerable<Type> Parts(Type? type)
    {
        if (type is null || type.IsGenericParameter) return [];
        if (type.HasElementType) return Parts(type.GetElementType());
        return type.IsConstructedGenericType
            ? type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition()) : [type];
    }

    private static IEnumerable<MemberInfo> Named(MethodBase method, byte[] code)
    {
        var ofType = method.DeclaringType is { IsGenericType: true } generic ? generic.GetGenericArguments() : null;
        var ofMethod = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (var at = 0; at < code.Length;)
        {
            var first = code[at++];
            var instruction = Codes[first == TwoOctets ? unchecked((short)((TwoOctets << 8) | code[at++])) : first];
            switch (instruction.OperandType)
            {
                case OperandType.InlineNone: break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar: at++; break;
                case OperandType.InlineVar: at += 2; break;
                case OperandType.InlineI8 or OperandType.InlineR: at += 8; break;
                case OperandType.InlineSwitch: at += 4 * (BitConverter.ToInt32(code, at) + 1); break;
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType:
                    if (method.Module.ResolveMember(BitConverter.ToInt32(code, at), ofType, ofMethod) is { } member) yield return member;
                    at += 4;
                    break;
                default: at += 4; break;
            }
        }
    }
}
