using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Machines;
using Anvil.Templates;

namespace Anvil.Provisioning.Boot;

/// <summary>What a job runs: its task's templates, rendered for the machine.</summary>
public static class JobActions
{
    /// <summary>The actions for an operating system, in order.</summary>
    /// <param name="task">The job's task.</param>
    /// <param name="context">The machine and its surroundings.</param>
    /// <param name="os">linux, windows, …; templates made for another are left out.</param>
    /// <exception cref="TemplateException">A template fails, they spend their budget, or a required param is missing.</exception>
    public static IReadOnlyList<JobAction> Render(TaskDefinition task, RenderContext context, string os)
    {
        if (MachineParams.Missing(task.RequiredParams, context.Machine, context.Catalog).FirstOrDefault() is { } name)
            throw new TemplateException(task.Name, 0, $"missing required param {name}",
                $"template: {task.Name}: task {task.Name} needs param {name}");

        var data = new RenderData(context with { Task = task, TargetOS = os, Budget = context.Budget ?? new RenderBudget() });
        return [.. task.Templates.Where(t => Fits(t, os)).Select(t => new JobAction(
            t.Name, data.Render(t.Name, t.Path), data.Render(t), t.Meta))];
    }

    /// <summary>True for a template that is rendered for an operating system.</summary>
    internal static bool Fits(TemplateInfo template, string os)
    {
        var wanted = template.Meta.GetValueOrDefault("OS", "");
        return wanted.Length == 0 || wanted.Split(',').Any(o => o.Trim() is "any" || o.Trim() == os);
    }
}
