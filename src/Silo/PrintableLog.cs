using System.Globalization;
using Anvil.Provisioning.Documents;
using Serilog.Events;
using Serilog.Formatting;

namespace Anvil.Silo;

/// <summary>
/// One line for each event of the log, whatever is in its texts: names, paths and packets come from strangers, and a line break or an
/// escape sequence in them would forge lines, or steer the terminal that shows them. Lines of an exception are indented.
/// </summary>
internal sealed class PrintableLog : ITextFormatter
{
    public void Format(LogEvent logEvent, TextWriter output)
    {
        var source = Source(logEvent);
        output.Write(logEvent.Timestamp.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture));
        output.Write($" {Level(logEvent.Level)} {PrintableText.Of(source)}: ");
        output.WriteLine(PrintableText.Of(Message(logEvent)));
        if (logEvent.Exception is { } exception) output.WriteLine("    " + PrintableText.OfLines(exception.ToString()));
    }

    /// <summary>The class that wrote it; "" for none.</summary>
    public static string Source(LogEvent logEvent)
        => logEvent.Properties.TryGetValue("SourceContext", out var context) && context is ScalarValue { Value: string name } ? name : "";

    /// <summary>Texts stand in the message without quotes around them.</summary>
    public static string Message(LogEvent logEvent)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        foreach (var token in logEvent.MessageTemplate.Tokens)
        {
            if (token is Serilog.Parsing.PropertyToken { Format: null } property
                && logEvent.Properties.TryGetValue(property.PropertyName, out var value) && value is ScalarValue { Value: string plain })
                text.Write(plain);
            else token.Render(logEvent.Properties, text, CultureInfo.InvariantCulture);
        }

        return text.ToString();
    }

    private static string Level(LogEventLevel level) => level switch
    {
        LogEventLevel.Verbose => "VRB",
        LogEventLevel.Debug => "DBG",
        LogEventLevel.Information => "INF",
        LogEventLevel.Warning => "WRN",
        LogEventLevel.Error => "ERR",
        _ => "FTL",
    };
}
